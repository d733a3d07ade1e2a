"""The safetensors files of a model directory, and what makes their weights unusable."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from mla_core.models.config import CheckpointError


def weight_files(directory: Path) -> list[Path]:
    """The one safetensors file, or the shards that an index lists."""
    single, index = directory / "model.safetensors", directory / "model.safetensors.index.json"
    if single.exists():
        return [single]
    if index.exists():
        try:
            names = sorted(
                set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            )
        except (ValueError, KeyError, AttributeError, TypeError):
            raise CheckpointError(f"{index} is not an index of safetensors files") from None
        # an index is data from outside: it may name files beside it and nothing else
        if any(Path(name).name != name for name in names):
            raise CheckpointError(f"{index} names a file outside its directory")
        return [directory / name for name in names]
    if list(directory.glob("*.bin")):
        raise CheckpointError(
            f"{directory} holds pickled weights only; save it as {single.name}, "
            "which cannot run code when it is opened"
        )
    raise CheckpointError(f"{single} does not exist")


def open_file(path: Path) -> safe_open:
    """A file of weights, to be read tensor by tensor.

    Raises:
        CheckpointError: it is missing, damaged or cut short.
    """
    try:
        return safe_open(path, framework="pt", device="cpu")
    except FileNotFoundError:
        raise CheckpointError(f"{path} does not exist") from None
    except (SafetensorError, OSError, struct.error) as error:
        raise CheckpointError(f"{path} is damaged or cut short ({error}); fetch it again") from None


def check_finite(weights: Mapping[str, Tensor], where: str) -> None:
    """Refuses weights that no computation can use.

    Raises:
        CheckpointError: one of them holds NaN or infinity.
    """
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"{where}: {name} holds NaN or infinite numbers; fetch it again")
