"""Where a model lies, and whether it fits there: what must not be begun where it cannot end."""

import os

import psutil
import torch

from mla_core.models.config import CheckpointError

ROOM = 1.1  # times the weights: what a first text needs beside them
GB = 1e9


def default_device() -> torch.device:
    """CUDA when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def free_and_total(device: torch.device) -> tuple[int, int]:
    """Bytes of a device: of one GPU where it has a number, else of all together."""
    if device.type == "cuda":
        one = device.index is not None
        gpus = [device.index] if one else range(torch.cuda.device_count())
        sizes = [torch.cuda.mem_get_info(i) for i in gpus]
        return sum(free for free, _ in sizes), sum(total for _, total in sizes)
    found = psutil.virtual_memory()
    return found.available, found.total


def need_room(what: str, numbers: int, device: torch.device, dtype: torch.dtype) -> None:
    """Says so before anything is begun that the memory cannot hold.

    Raises:
        CheckpointError: so many numbers do not fit.
    """
    needed, (free, _) = ROOM * numbers * dtype.itemsize, free_and_total(device)
    if needed > free:
        raise CheckpointError.of(
            "no_room", what=what, needed=needed / GB, dtype=str(dtype).split(".")[1], free=free / GB
        )


def leave_a_core() -> None:
    """One core stays with the server: with all of them torch starves waiting sessions."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
