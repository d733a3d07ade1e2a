"""Files of recordings: one compressed .npz, without pickles, so that none can run code."""

import json
from collections.abc import Callable
from io import BufferedIOBase
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class TraceError(ValueError):
    """A recording that cannot be read; the message says which and why."""


def write(
    path: str | Path | BufferedIOBase, about: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Writes arrays by their names, and what JSON can say about them."""
    everything: dict[str, Any] = {"about": np.array(json.dumps(about)), **arrays}
    np.savez_compressed(path, **everything)


def read(path: str | Path, make: Callable[[dict[str, Any], dict[str, np.ndarray]], T]) -> T:
    """What `make` makes of the (about, arrays) that `write` wrote.

    Raises:
        TraceError: the file is missing, damaged, or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            about: dict[str, Any] = json.loads(str(file["about"]))
            return make(about, {name: file[name] for name in file if name != "about"})
    except FileNotFoundError:
        raise TraceError(f"{path} does not exist") from None
    except Exception as error:  # zip, json and numpy each raise their own
        raise TraceError(f"{path} is not a recording, or is damaged: {error}") from None
