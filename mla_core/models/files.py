"""The safetensors files of a model directory, and what makes their weights unusable."""

import struct
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from mla_core.models.config import CheckpointError


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
