"""The machine that models run on: its memory, its GPUs, its cores."""

import os

import psutil
import torch


def default_device() -> torch.device:
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


def leave_a_core() -> None:
    """One core stays with the server: with all of them torch starves waiting sessions."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
