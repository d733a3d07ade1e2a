"""Reading and writing the weights of a model directory: safetensors only, checked as they come in."""

import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mla_core.models.config import CheckpointError
from mla_core.models.weight_files import weight_files

REAL = {"F64", "F32", "F16", "BF16"}


def open_weight_file(path: Path) -> safe_open:
    """A file of weights, to be read tensor by tensor.

    Raises:
        CheckpointError: it is missing, damaged or cut short.
    """
    try:
        return safe_open(path, framework="pt", device="cpu")
    except FileNotFoundError:
        raise CheckpointError.of("missing_file", path=str(path)) from None
    except (SafetensorError, OSError, struct.error) as error:
        raise CheckpointError.of("damaged_file", path=str(path), reason=str(error)) from None


def check_finite(weights: Mapping[str, Tensor], where: str) -> None:
    """Refuses weights that no computation can use.

    Raises:
        CheckpointError: one of them holds NaN or infinity.
    """
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise CheckpointError.of("not_finite", where=where, tensor=name)


def refuse_quantised(directory: Path) -> None:
    """Refuses weights that stand for others, from the headers of all files.

    Raises:
        CheckpointError: one of them holds integers or float8, or a file is missing or cut short.
    """
    for path in weight_files(directory):
        with open_weight_file(path) as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                dtype = file.get_slice(name).get_dtype()
                if name.endswith(".weight") and dtype not in REAL:
                    raise CheckpointError.of(
                        "quantised_tensor", path=str(path), tensor=name, dtype=str(dtype)
                    )


def count_numbers(directory: Path) -> int:
    """How many there are in all files of weights, from their headers.

    Raises:
        CheckpointError: a file is missing or cut short.
    """
    numbers = 0
    for path in weight_files(directory):
        with open_weight_file(path) as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                numbers += torch.Size(file.get_slice(name).get_shape()).numel()
    return numbers


def read_weights(directory: Path, wanted: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors that a model wants, by its names; every other one is ignored.

    Args:
        wanted: what the model has, for names and shapes; its values do not matter.
        prefix: what a name may lack.

    Raises:
        CheckpointError: a file or a tensor is missing, or has another shape, or holds no numbers.
    """
    found: dict[str, Tensor] = {}
    for path in weight_files(directory):
        with open_weight_file(path) as file:
            for name in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                full = name if name in wanted else prefix + name
                if full in wanted:
                    found[full] = file.get_tensor(name)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise CheckpointError.of(
            "missing_tensors", directory=str(directory), count=len(missing), first=missing[0]
        )
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape:
            raise CheckpointError.of(
                "other_shape", directory=str(directory), tensor=name,
                shape=str(tuple(tensor.shape)), wanted=str(tuple(wanted[name].shape)),
            )  # fmt: skip
        if not tensor.is_floating_point():
            raise CheckpointError.of(
                "no_numbers", directory=str(directory), tensor=name, dtype=str(tensor.dtype)
            )
    check_finite(found, str(directory))
    return found


def save_weights(weights: Mapping[str, Tensor], path: Path, dtype: torch.dtype) -> None:
    """Writes them under their names to one safetensors file."""
    state = {name: x.detach().to("cpu", dtype).contiguous() for name, x in weights.items()}
    save_file(state, path, metadata={"format": "pt"})
