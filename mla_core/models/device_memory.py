"""How much memory a device has: for what must not be begun where it cannot end."""

import psutil
import torch


def free_and_total(device: torch.device) -> tuple[int, int]:
    """Bytes of a device: of one GPU where it has a number, else of all together."""
    if device.type == "cuda":
        one = device.index is not None
        gpus = [device.index] if one else range(torch.cuda.device_count())
        sizes = [torch.cuda.mem_get_info(i) for i in gpus]
        return sum(free for free, _ in sizes), sum(total for _, total in sizes)
    found = psutil.virtual_memory()
    return found.available, found.total
