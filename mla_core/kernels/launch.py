"""Calling the decode kernel: what it takes, how it is cut to a GPU, when it cannot run."""

import importlib.util
import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mla_core.kernels.reference import decode_reference, gather_pages

if TYPE_CHECKING:
    from triton.experimental.gluon.language import NVMMASharedLayout

DTYPES = (torch.bfloat16, torch.float16)
LATENT, ROPE = range(16, 513), range(65)  # widths that the kernel is made for
OLDEST = (8, 0)  # compute capability: Triton's matrix products in bfloat16
NUMBERS = 8192  # that one program of `combine` reads at a time
# in times of one tile of the cache, on an H200: a program's start and end, the launch of `combine`,
# and what each split of 128 heads adds to it
START, COMBINE, A_SPLIT = 2.0, 1.5, 0.045
HOPPER, HOPPER_HEADS = (9, 0), 16
REGISTERS = (160, 184)  # of a thread that sums, of one that weighs; there are 504 for three


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


@cache  # a step of every layer asks the same
def splits_for(rows: int, groups: int, tiles: int, processors: int) -> int:
    """Into how many stretches each sequence is cut so that all processors are busy to the end.

    Args:
        rows: heads of all sequences.
        groups: of heads, over all sequences: programs without a split.
        tiles: in the longest sequence.
        processors: multiprocessors; each runs one program at a time.
    """

    def cost(splits: int) -> float:
        rounds = math.ceil(groups * splits / processors)
        combine = COMBINE + A_SPLIT * splits * rows / 128 if splits > 1 else 0.0
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

    b, h, c = q_latent.shape
    _check(b, c_kv, lengths, block_table)
    if c_kv.stride(-1) != 1 or (k_rope.shape[-1] and k_rope.stride(-1) != 1):
        raise ValueError("The numbers of one cached row must lie side by side.")
    q_latent, q_rope = q_latent.contiguous(), q_rope.contiguous()
    processors, shared_memory = _chip(c_kv.device)
    hopper = for_hopper(c_kv, k_rope, h, block_table)
    program = Cut(64, 64, 4) if hopper else cut(h, c, k_rope.shape[-1], shared_memory)
    groups = math.ceil(h / program.heads)
    if splits is None:
        capacity = c_kv.shape[1] * (1 if block_table is None else block_table.shape[1])
        splits = splits_for(b * h, b * groups, math.ceil(capacity / program.tile), processors)
    split_type = torch.float32 if splits > 1 else q_latent.dtype
    stretches = torch.empty(b, h, splits, c, dtype=split_type, device=c_kv.device)
    log_sums = torch.empty(b, h, splits, dtype=torch.float32, device=c_kv.device)
    with torch.cuda.device_of(c_kv):  # Triton launches on the current GPU; layers may lie on others
        (_launch_hopper if hopper else _launch)(
            (groups, splits, b), program, q_latent, q_rope, c_kv, k_rope, stretches, log_sums,
            lengths, block_table, scale * math.log2(math.e),
        )  # fmt: skip
        if splits == 1:
            return stretches[:, :, 0]
        out = torch.empty_like(stretches[:, :, 0], dtype=q_latent.dtype)
        wide = next_power_of_2(splits)
        columns = max(64, min(512, NUMBERS // wide, next_power_of_2(c)))
        decode_kernel.combine[(b * h, math.ceil(c / columns))](
            stretches, log_sums, out, splits, C=c, SPLITS=wide, COLUMNS=columns
        )
        return out


def _launch(
    grid: tuple[int, int, int], program: Cut, q_latent: Tensor, q_rope: Tensor, c_kv: Tensor,
    k_rope: Tensor, stretches: Tensor, log_sums: Tensor, lengths: Tensor | None,
    block_table: Tensor | None, scale: float,
) -> None:  # fmt: skip
    """Any GPU, any sizes."""
    from mla_core.kernels.decode_kernel import attend_stretch

    (h, c), r = q_latent.shape[1:], q_rope.shape[-1]
    attend_stretch[grid](
        q_latent, q_rope, c_kv, k_rope, stretches, log_sums,
        log_sums if lengths is None else lengths, log_sums if block_table is None else block_table,
        h, grid[1], scale, c_kv.shape[1],
        0 if block_table is None else block_table.shape[1],
        *c_kv.stride()[:2], *k_rope.stride()[:2],
        C=c, R=r, RAGGED=lengths is not None, PAGED=block_table is not None, HEADS=program.heads,
        TILE=program.tile, WIDE_C=next_power_of_2(c), WIDE_R=max(16, next_power_of_2(r)),
        num_warps=program.warps, num_stages=2,
    )  # fmt: skip


def _launch_hopper(
    grid: tuple[int, int, int], program: Cut, q_latent: Tensor, q_rope: Tensor, c_kv: Tensor,
    k_rope: Tensor, stretches: Tensor, log_sums: Tensor, lengths: Tensor | None,
    block_table: Tensor | None, scale: float,
) -> None:  # fmt: skip
    """What `for_hopper` finds."""
    from triton.experimental.gluon.nvidia.hopper import TensorDescriptor

    from mla_core.kernels.hopper_kernel import attend_stretch_hopper

    def rows(x: Tensor, count: int, columns: int) -> TensorDescriptor:
        """Of a tensor (.., rows, width), for copies of 64 rows and so many columns."""
        shape, strides = [count, x.shape[-1]], [x.stride(-2), 1]
        return TensorDescriptor(x, shape, strides, [64, columns], _layout(columns, x.dtype))

    b, h, _ = q_latent.shape
    stride = _rows_between(c_kv)
    cached = (len(c_kv) - 1) * stride + c_kv.shape[1]
    attend_stretch_hopper[grid](
        rows(q_latent, b * h, 256), rows(q_rope, b * h, 64),
        rows(c_kv, cached, 128), rows(k_rope, cached, 64), c_kv, stretches, log_sums,
        log_sums if lengths is None else lengths, log_sums if block_table is None else block_table,
        c_kv.shape[1], h, grid[1], scale, stride,
        0 if block_table is None else block_table.shape[1],
        RAGGED=lengths is not None, PAGED=block_table is not None, REGISTERS=REGISTERS,
        num_warps=program.warps,
    )  # fmt: skip


@cache
def _layout(columns: int, dtype: torch.dtype) -> "NVMMASharedLayout":
    """In shared memory, of 64 rows and so many columns."""
    from triton.experimental.gluon import language as gl

    numbers = {torch.bfloat16: gl.bfloat16, torch.float16: gl.float16}
    return gl.NVMMASharedLayout.get_default_for([64, columns], numbers[dtype])


def for_hopper(c_kv: Tensor, k_rope: Tensor, h: int, block_table: Tensor | None) -> bool:
    """Whether `hopper_kernel` serves: its GPU, its widths, heads to fill its products, and rows that
    the copy engine can reach."""
    if c_kv.device.type != "cuda" or torch.cuda.get_device_capability(c_kv.device) != HOPPER:
        return False
    if (c_kv.shape[-1], k_rope.shape[-1]) != (512, 64) or h < HOPPER_HEADS:
        return False
    if not _has_gluon():
        return False
    aligned = all(x.data_ptr() % 16 == 0 and x.stride(1) % 8 == 0 for x in (c_kv, k_rope))
    even = all(len(x) == 1 or x.stride(0) % x.stride(1) == 0 for x in (c_kv, k_rope))
    paired = _rows_between(c_kv) == _rows_between(k_rope)
    page = c_kv.shape[1]
    whole = block_table is None or (page % 64 == 0 and page == _rows_between(c_kv))
    return aligned and even and paired and whole


@cache
def _has_gluon() -> bool:
    """It came with Triton 3.5."""
    return importlib.util.find_spec("triton.experimental.gluon") is not None


def _rows_between(x: Tensor) -> int:
    """From the first row of a sequence, or page, to the first of the next."""
    return x.shape[1] if len(x) == 1 else x.stride(0) // x.stride(1)


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
