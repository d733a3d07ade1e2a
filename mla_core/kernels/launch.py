"""Calling the decode kernel: what it takes, how it is cut to a GPU, when it cannot run."""

import importlib.util
import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mla_core.kernels.reference import decode_reference, gather_pages

DTYPES = (torch.bfloat16, torch.float16)
LATENT, ROPE = range(16, 513), range(65)  # widths that the kernel is made for
OLDEST = (8, 0)  # compute capability: Triton's matrix products in bfloat16
COLUMNS = 128  # of the result that one program of `combine` makes
# in times of one tile of the cache, estimated: a program's start and end, the launch of `combine`, and
# what each split adds to it
START, COMBINE, A_SPLIT = 1.5, 1.5, 0.05


class Cut(NamedTuple):
    """How many heads and tokens one program holds at a time, and how many warps it has."""

    heads: int
    tile: int
    warps: int


def why_not(device: torch.device, dtype: torch.dtype, c: int, r: int) -> str | None:
    """Why the kernel cannot serve a cache of this kind: a sentence, or None if it can."""
    if dtype not in DTYPES:
        return f"The decode kernel takes bfloat16 and float16, not {str(dtype).split('.')[1]}."
    if c not in LATENT or r not in ROPE:
        return (
            f"The decode kernel takes latents of 16 to 512 and rope keys of 0 to 64, not {c} + {r}."
        )
    if importlib.util.find_spec("triton") is None:
        return "The decode kernel needs Triton, which comes with PyTorch for CUDA."
    if device.type != "cuda":
        return "The decode kernel needs an NVIDIA GPU; here the plain path runs."
    capability = torch.cuda.get_device_capability(device)
    if capability < OLDEST:
        name = torch.cuda.get_device_name(device)
        return f"The decode kernel needs compute capability 8.0; {name} has {'.'.join(map(str, capability))}."
    return None


def cut(h: int, c: int, r: int, shared_memory: int) -> Cut:
    """The largest programs whose queries and two tiles of the cache fit into shared memory.

    64 heads are what a Hopper GPU multiplies at once, 16 what older ones do; the fewer groups of
    heads there are, the fewer times a tile is fetched.

    Args:
        shared_memory: bytes that one program may have.
    """
    width = 2 * (next_power_of_2(c) + next_power_of_2(r))
    for heads, tile in ((64, 64), (64, 32), (16, 64)):
        needed = (heads + 2 * tile) * width + 2 * heads * tile
        if (h > 16 or heads == 16) and needed <= shared_memory:
            return Cut(heads, tile, warps=8 if heads * c > 64 * 128 else 4)
    return Cut(16, 32, warps=4)


def splits_for(groups: int, tiles: int, processors: int) -> int:
    """Into how many stretches each sequence is cut so that all processors are busy to the end.

    Args:
        groups: of heads, over all sequences: programs without a split.
        tiles: in the longest sequence.
        processors: multiprocessors; each runs one program at a time.
    """

    def cost(splits: int) -> float:
        rounds = math.ceil(groups * splits / processors)
        combine = COMBINE + A_SPLIT * splits if splits > 1 else 0.0
        return rounds * (math.ceil(tiles / splits) + START) + combine

    return min(range(1, max(1, min(tiles, processors)) + 1), key=cost)


def next_power_of_2(n: int) -> int:
    return 1 << (n - 1).bit_length() if n > 0 else 0


def decode(
    q_latent: Float[Tensor, "b h c"],
    q_rope: Float[Tensor, "b h r"],
    c_kv: Float[Tensor, "n t c"],
    k_rope: Float[Tensor, "n t r"],
    *,
    scale: float,
    lengths: Int[Tensor, " b"] | None = None,
    block_table: Int[Tensor, "b m"] | None = None,
) -> Float[Tensor, "b h c"]:
    """One query token a sequence against its cache: see `decode_reference`.

    By the kernel, which reads the cache once, or where it cannot run by the reference.

    Args:
        q_latent, q_rope: the query with W_UK absorbed, and its rotated part.
        c_kv, k_rope: one row of the cache for each token, of all sequences (n = b), or pages of
            t tokens (n of them) if there is a `block_table`.
        scale: factor on the scores.
        lengths: tokens of each sequence, int32, no more than its rows or pages hold (this is
            not checked: it would wait for the GPU); all t unless said otherwise.
        block_table: int32; row b lists the pages of sequence b in their order.

    Returns:
        The same bits for the same arguments.

    Raises:
        ValueError: shapes that do not fit each other, pages without lengths.
    """
    if why_not(c_kv.device, c_kv.dtype, c_kv.shape[-1], k_rope.shape[-1]) is None:
        return run_kernel(
            q_latent, q_rope, c_kv, k_rope, scale=scale, lengths=lengths, block_table=block_table
        )
    _check(len(q_latent), c_kv, lengths, block_table)
    if block_table is not None:
        c_kv, k_rope = gather_pages(c_kv, block_table), gather_pages(k_rope, block_table)
    return decode_reference(q_latent, q_rope, c_kv, k_rope, scale=scale, lengths=lengths)


def run_kernel(
    q_latent: Float[Tensor, "b h c"],
    q_rope: Float[Tensor, "b h r"],
    c_kv: Float[Tensor, "n t c"],
    k_rope: Float[Tensor, "n t r"],
    *,
    scale: float,
    lengths: Int[Tensor, " b"] | None = None,
    block_table: Int[Tensor, "b m"] | None = None,
    splits: int | None = None,
) -> Float[Tensor, "b h c"]:
    """`decode` through the kernel, on whatever Triton runs on.

    Args:
        splits: stretches of a sequence that run side by side; chosen unless given.

    Raises:
        ValueError: shapes that do not fit each other, pages without lengths.
    """
    from mla_core.kernels import decode_kernel

    (b, h, c), r = q_latent.shape, q_rope.shape[-1]
    _check(b, c_kv, lengths, block_table)
    if lengths is None:
        lengths = torch.full((b,), c_kv.shape[1], dtype=torch.int32, device=c_kv.device)
    if c_kv.stride(-1) != 1 or (r and k_rope.stride(-1) != 1):
        raise ValueError("The numbers of one cached row must lie side by side.")
    capacity = c_kv.shape[1] * (1 if block_table is None else block_table.shape[1])
    processors, shared_memory = _chip(c_kv.device)
    program = cut(h, c, r, shared_memory)
    groups = math.ceil(h / program.heads)
    if splits is None:
        tiles = math.ceil(capacity / program.tile)
        splits = splits_for(b * groups, tiles, processors)
    split_type = torch.float32 if splits > 1 else q_latent.dtype
    stretches = torch.empty(b, h, splits, c, dtype=split_type, device=c_kv.device)
    log_sums = torch.empty(b, h, splits, dtype=torch.float32, device=c_kv.device)
    decode_kernel.attend_stretch[(groups, splits, b)](
        q_latent.contiguous(), q_rope.contiguous(), c_kv, k_rope, stretches, log_sums,
        lengths, lengths if block_table is None else block_table,
        h, splits, scale * math.log2(math.e), c_kv.shape[1],
        0 if block_table is None else block_table.shape[1],
        *c_kv.stride()[:2], *k_rope.stride()[:2],
        C=c, R=r, PAGED=block_table is not None, HEADS=program.heads, TILE=program.tile,
        WIDE_C=next_power_of_2(c), WIDE_R=max(16, next_power_of_2(r)),
        num_warps=program.warps, num_stages=2,
    )  # fmt: skip
    if splits == 1:
        return stretches[:, :, 0]
    out = torch.empty_like(stretches[:, :, 0], dtype=q_latent.dtype)
    decode_kernel.combine[(b * h, math.ceil(c / COLUMNS))](
        stretches, log_sums, out, splits, C=c, SPLITS=next_power_of_2(splits), COLUMNS=COLUMNS
    )
    return out


def _check(b: int, c_kv: Tensor, lengths: Tensor | None, block_table: Tensor | None) -> None:
    if block_table is None and len(c_kv) != b:
        raise ValueError(f"{b} queries and caches of {len(c_kv)} sequences: one each, please.")
    if block_table is not None and lengths is None:
        raise ValueError("A paged cache needs the lengths of its sequences.")


def _chip(device: torch.device) -> tuple[int, int]:
    """(multiprocessors, bytes of shared memory that one program may have)."""
    if device.type != "cuda":
        return 1, 0  # Triton's interpreter, in the tests
    from triton.compiler.compiler import max_shared_mem

    properties = torch.cuda.get_device_properties(device)
    return properties.multi_processor_count, max_shared_mem(device.index or 0)
