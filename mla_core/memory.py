"""How much memory a device has: for what must not be begun where it cannot end."""

import psutil
import torch


def free_and_total(device: torch.device) -> tuple[int, int]:
    """Bytes of a device, of all GPUs together for CUDA."""
    if device.type == "cuda":
        sizes = [torch.cuda.mem_get_info(i) for i in range(torch.cuda.device_count())]
        return sum(free for free, _ in sizes), sum(total for _, total in sizes)
    found = psutil.virtual_memory()
    return found.available, found.total
