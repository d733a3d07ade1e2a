"""One decode step of absorbed MLA straight from the cache: a Triton kernel, and its reference.

`decode` takes the kernel where it can run, and else `decode_reference`, which says the same in a few
lines of torch, in any precision. `why_not` says in a sentence why the kernel cannot run, or None. The
kernel itself is `decode_kernel.py`; `hopper_kernel.py` is the same for Hopper GPUs and latents of 512 + 64,
about twice as fast there.
"""

from mla_core.kernels.launch import decode, run_kernel, splits_for, why_not
from mla_core.kernels.reference import decode_reference

__all__ = ["decode", "decode_reference", "run_kernel", "splits_for", "why_not"]
