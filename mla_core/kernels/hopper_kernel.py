"""`attend_stretch` for a Hopper GPU, in Gluon: Triton, with who does what and when written out.

The six steps are those of `decode_kernel.py`, for latents of 512 with rope keys of 64. What they
wait for is shared out, so that copies, products and softmax of different tiles run at once: 64 heads
are one program's, and three groups of four warps work for it.

    `_weigh`        (3) scores of a tile, (4) its weights; while it makes those of one tile, the first
                    half of the next tile's scores is already being multiplied
    `_sum`, twice   (5) half of the latent's columns each, and (2) the copy of a later tile into the
                    half that has just been summed; the right half, which comes last, is asked for
                    one tile earlier, so that it waits in the L2 cache

Shared memory holds three tiles' left halves and two tiles' right halves. For that the queries of the
rope key and of the left half live in registers; they come by way of the slot that is filled last.
A barrier of shared memory counts arrivals; waiting for its phase 0, 1, 0, ... is waiting for its
first, second, third, ... completion.
"""

from typing import no_type_check

from triton.experimental import gluon
from triton.experimental.gluon import language as gl
from triton.experimental.gluon.language.nvidia.hopper import (
    fence_async_shared,
    mbarrier,
    tma,
    warpgroup_mma,
    warpgroup_mma_wait,
)

HEADS = gl.constexpr(64)
TILE = gl.constexpr(64)
HALF = gl.constexpr(256)  # columns of the latent
PIECE = gl.constexpr(128)  # columns in one copy
LEFT, RIGHT = gl.constexpr(3), gl.constexpr(2)  # slots
SCORES = gl.constexpr(gl.NVMMADistributedLayout([3, 0], [4, 1], [16, 64, 16]))
SUMS = gl.constexpr(gl.NVMMADistributedLayout([3, 0], [4, 1], [16, 128, 16]))


@gluon.jit
@no_type_check
def attend_stretch_hopper(
    q_latent, q_rope, c_kv, k_rope, latents, out, log_sums, lengths, block_table,
    tokens, heads, splits, scale, page_size, pages,
    RAGGED: gl.constexpr, PAGED: gl.constexpr, REGISTERS: gl.constexpr,
):  # fmt: skip
    """As `attend_stretch`, but the first four are descriptors of rows (TMA): blocks of 64 x 256,
    64 x 64, 64 x 128 and 64 x 64. `latents` points to the same numbers as `c_kv`. `page_size` is a
    multiple of 64; without pages it is how many rows after a sequence's first the next begins."""
    dtype: gl.constexpr = q_latent.dtype
    half: gl.constexpr = gl.NVMMASharedLayout.get_default_for([64, 256], dtype)
    left = gl.allocate_shared_memory(dtype, [LEFT, TILE, HALF], half)
    right = gl.allocate_shared_memory(dtype, [RIGHT, TILE, HALF], half)
    rope = gl.allocate_shared_memory(dtype, [LEFT, TILE, 64], k_rope.layout)
    q_right = gl.allocate_shared_memory(dtype, [HEADS, HALF], half)
    weights = gl.allocate_shared_memory(dtype, [HEADS, TILE], q_rope.layout)
    one: gl.constexpr = gl.SwizzledSharedLayout(1, 1, 1, [0])
    shrink = gl.allocate_shared_memory(gl.float32, [HEADS], one)
    barrier: gl.constexpr = mbarrier.MBarrierLayout()
    q_there = gl.allocate_shared_memory(gl.int64, [1], barrier)
    left_there = gl.allocate_shared_memory(gl.int64, [LEFT, 1], barrier)
    right_there = gl.allocate_shared_memory(gl.int64, [2 * RIGHT, 1], barrier)  # for each piece
    weighed = gl.allocate_shared_memory(gl.int64, [1], barrier)
    summed = gl.allocate_shared_memory(gl.int64, [1], barrier)
    mbarrier.init(q_there, count=1)
    mbarrier.init(weighed, count=1)
    mbarrier.init(summed, count=2)
    for slot in gl.static_range(LEFT):
        mbarrier.init(left_there.index(slot), count=1)
    for k in gl.static_range(2 * RIGHT):
        mbarrier.init(right_there.index(k), count=1)
    sequence = gl.program_id(2)
    length = tokens
    if RAGGED:
        length = gl.load(lengths + sequence)
    table = sequence * page_size
    if PAGED:
        table = block_table + sequence * pages
    tiles = (length + TILE - 1) // TILE
    first = tiles * gl.program_id(1) // splits
    last = tiles * (gl.program_id(1) + 1) // splits

    # (1)
    row = sequence * heads + gl.program_id(0) * HEADS
    mbarrier.expect(q_there, 2 * q_latent.block_type.nbytes + q_rope.block_type.nbytes)
    tma.async_copy_global_to_shared(q_rope, [row, 0], q_there, rope.index(LEFT - 1))
    tma.async_copy_global_to_shared(q_latent, [row, 0], q_there, left.index(LEFT - 1))
    tma.async_copy_global_to_shared(q_latent, [row, HALF], q_there, q_right)
    for k in gl.static_range(RIGHT):
        if first + k < last:
            at = _row(first + k, table, page_size, PAGED)
            _copy_left(c_kv, k_rope, left, rope, left_there, at, k)
            _copy_right(c_kv, right, right_there, at, k)
    gl.warp_specialize(
        [
            (_sum, (c_kv, k_rope, left, rope, left_there, weights, shrink, weighed, summed, first, last, table, page_size, latents, out, splits, heads, 0, PAGED)),
            (_sum, (c_kv, k_rope, right, rope, right_there, weights, shrink, weighed, summed, first, last, table, page_size, latents, out, splits, heads, 1, PAGED)),
            (_weigh, (c_kv, k_rope, q_right, left, right, rope, weights, shrink, q_there, left_there, right_there, weighed, summed, first, last, length, table, page_size, scale, log_sums, splits, heads, PAGED)),
        ],
        [4, 4],
        REGISTERS,
    )  # fmt: skip


@gluon.jit
@no_type_check
def _row(tile, table, page_size, PAGED: gl.constexpr):
    """Where in the cache a tile begins; `table` is the first row of all if there are no pages."""
    position = tile * TILE
    if PAGED:
        return gl.load(table + position // page_size) * page_size + position % page_size
    else:
        return table + position


@gluon.jit
@no_type_check
def _copy_left(c_kv, k_rope, left, rope, there, at, slot):
    mbarrier.expect(there.index(slot), k_rope.block_type.nbytes + 2 * c_kv.block_type.nbytes)
    tma.async_copy_global_to_shared(k_rope, [at, 0], there.index(slot), rope.index(slot))
    for k in gl.static_range(2):
        piece = left.index(slot).slice(k * PIECE, PIECE, dim=1)
        tma.async_copy_global_to_shared(c_kv, [at, k * PIECE], there.index(slot), piece)


@gluon.jit
@no_type_check
def _copy_right(c_kv, right, there, at, slot):
    for k in gl.static_range(2):
        _copy_piece(c_kv, right, there, at, slot, k)


@gluon.jit
@no_type_check
def _copy_piece(c_kv, right, there, at, slot, k: gl.constexpr):
    bar = there.index(2 * slot + k)
    piece = right.index(slot).slice(k * PIECE, PIECE, dim=1)
    mbarrier.expect(bar, c_kv.block_type.nbytes)
    tma.async_copy_global_to_shared(c_kv, [at, HALF + k * PIECE], bar, piece)


@gluon.jit
@no_type_check
def _fetch_right(latents, rows, stride, at):
    """Asks for the right half of the tile at row `at`: each thread for two lines of 128 bytes."""
    layout: gl.constexpr = gl.BlockedLayout([1, 1], [8, 4], [4, 1], [1, 0])
    t = gl.arange(0, TILE, layout=gl.SliceLayout(1, layout))
    line = gl.arange(0, 4, layout=gl.SliceLayout(0, layout))
    row = gl.minimum(at + t, rows - 1).to(gl.int64) * stride  # a last tile may end behind them
    where = latents + row[:, None] + (HALF + line * 64)[None, :]
    asm: gl.constexpr = "{ prefetch.global.L2 [$1]; mov.b32 $0, 0; }"
    gl.inline_asm_elementwise(asm, "=r,l", [where], dtype=gl.int32, is_pure=False, pack=1)


@gluon.jit
@no_type_check
def _weigh(
    c_kv, k_rope, q_right, left, right, rope, weights, shrink, q_there, left_there, right_there,
    weighed, summed, first, last, length, table, page_size, scale, log_sums, splits, heads,
    PAGED: gl.constexpr,
):  # fmt: skip
    row: gl.constexpr = gl.SliceLayout(1, SCORES)
    operand: gl.constexpr = gl.DotOperandLayout(0, SCORES, 2)
    mbarrier.wait(q_there, 0)
    q_rope = rope.index(LEFT - 1).load(operand)
    q_left = left.index(LEFT - 1).load(operand)
    fence_async_shared()
    if first + LEFT - 1 < last:
        at = _row(first + LEFT - 1, table, page_size, PAGED)
        _copy_left(c_kv, k_rope, left, rope, left_there, at, LEFT - 1)

    most = gl.full([HEADS], float("-inf"), gl.float32, row)
    total = gl.zeros([HEADS], gl.float32, row)
    none = gl.zeros([HEADS, TILE], gl.float32, SCORES)
    mbarrier.wait(left_there.index(0), 0, pred=first < last)
    rope_keys = rope.index(0).permute((1, 0))
    scores = warpgroup_mma(q_rope, rope_keys, none, use_acc=False, is_async=True)
    scores = warpgroup_mma(q_left, left.index(0).permute((1, 0)), scores, is_async=True)
    scores = warpgroup_mma_wait(0, [scores])
    if first < last:
        scores = warpgroup_mma_wait(0, [_score_right(scores, q_right, right, right_there, 0)])
    for tile in range(first, last):
        i = tile - first

        # (3) the left half of the next tile, or of this one again if it is the last
        after = gl.minimum(tile + 1, last - 1) - first
        mbarrier.wait(left_there.index(after % LEFT), (after // LEFT) & 1)
        keys = rope.index(after % LEFT).permute((1, 0))
        next_scores = warpgroup_mma(q_rope, keys, none, use_acc=False, is_async=True)
        keys = left.index(after % LEFT).permute((1, 0))
        next_scores = warpgroup_mma(q_left, keys, next_scores, is_async=True)

        rest = length - tile * TILE
        if rest < TILE:
            t = gl.arange(0, TILE, layout=gl.SliceLayout(0, SCORES))
            scores = gl.where((t < rest)[None, :], scores, float("-inf"))
            _clear(left.index(i % LEFT), rest)
            _clear(right.index(i % RIGHT), rest)

        # (4)
        new_most = gl.maximum(most, gl.max(scores, 1) * scale)
        factor = gl.exp2(most - new_most)
        p = gl.exp2(scores * scale - new_most[:, None])
        most = new_most
        mbarrier.wait(summed, (i + 1) & 1)  # the tile before: its weights are read
        shrink.store(factor)
        weights.store(p.to(weights.dtype))
        fence_async_shared()
        mbarrier.arrive(weighed)

        # (3) the right half of the next tile
        scores = warpgroup_mma_wait(0, [next_scores])
        scores = _score_right(scores, q_right, right, right_there, after)
        total = total * factor + gl.sum(p, 1)  # while that is multiplied
        scores = warpgroup_mma_wait(0, [scores])
    mbarrier.wait(summed, (last - first + 1) & 1)
    shrink.store(gl.where(total > 0, 1.0 / total, 0.0))  # no tokens: zeros
    mbarrier.arrive(weighed)
    head = gl.program_id(0) * HEADS + gl.arange(0, HEADS, layout=row)
    place = (gl.program_id(2) * heads + head) * splits + gl.program_id(1)
    gl.store(log_sums + place, most + gl.log2(total), mask=head < heads)


@gluon.jit
@no_type_check
def _score_right(scores, q_right, right, there, i):
    slot = i % RIGHT
    for k in gl.static_range(2):
        mbarrier.wait(there.index(2 * slot + k), (i // RIGHT) & 1)
        q = q_right.slice(k * PIECE, PIECE, dim=1)
        keys = right.index(slot).slice(k * PIECE, PIECE, dim=1).permute((1, 0))
        scores = warpgroup_mma(q, keys, scores, is_async=True)
    return scores


@gluon.jit
@no_type_check
def _clear(half, rows):
    """Zeros behind the end: 0 times NaN would be NaN in the sum."""
    layout: gl.constexpr = gl.BlockedLayout([1, 8], [4, 8], [4, 1], [1, 0])
    t = gl.arange(0, TILE, layout=gl.SliceLayout(1, layout))
    for k in gl.static_range(4):
        part = half.slice(k * 64, 64, dim=1)
        x = part.load(layout)
        part.store(gl.where((t < rows)[:, None], x, gl.zeros_like(x)))


@gluon.jit
@no_type_check
def _sum(
    c_kv, k_rope, half, rope, there, weights, shrink, weighed, summed, first, last, table,
    page_size, latents, out, splits, heads, SIDE: gl.constexpr, PAGED: gl.constexpr,
):  # fmt: skip
    row: gl.constexpr = gl.SliceLayout(1, SUMS)
    slots: gl.constexpr = half.shape[0]
    near = gl.zeros([HEADS, PIECE], gl.float32, SUMS)
    far = gl.zeros([HEADS, PIECE], gl.float32, SUMS)
    next_at = _row(gl.minimum(first + slots, last - 1), table, page_size, PAGED)
    for i in range(last - first):
        after = first + i + slots
        at = next_at
        # a page is looked up long before its copy: it takes its time
        next_at = _row(gl.minimum(after + 1, last - 1), table, page_size, PAGED)

        # (5) in two pieces, so that a later tile can come into the first one early
        mbarrier.wait(weighed, i & 1)
        factor = shrink.load(row)[:, None]
        latent = half.index(i % slots)
        near = warpgroup_mma(weights, latent.slice(0, PIECE, dim=1), near * factor, is_async=True)
        far = warpgroup_mma(weights, latent.slice(PIECE, PIECE, dim=1), far * factor, is_async=True)
        if SIDE == 1:
            _fetch_right(latents, c_kv.shape[0], c_kv.strides[0], next_at)
        near = warpgroup_mma_wait(1, [near])
        if SIDE == 1 and after < last:
            _copy_piece(c_kv, half, there, at, i % slots, 0)
        far = warpgroup_mma_wait(0, [far])
        mbarrier.arrive(summed)

        # (2)
        if after < last:
            if SIDE == 0:
                _copy_left(c_kv, k_rope, half, rope, there, at, i % slots)
            else:
                _copy_piece(c_kv, half, there, at, i % slots, 1)
    mbarrier.wait(weighed, (last - first) & 1)
    factor = shrink.load(row)[:, None]
    _store(out, near * factor, splits, heads, SIDE * HALF)
    _store(out, far * factor, splits, heads, SIDE * HALF + PIECE)


@gluon.jit
@no_type_check
def _store(out, z, splits, heads, column):
    head = gl.program_id(0) * HEADS + gl.arange(0, HEADS, layout=gl.SliceLayout(1, SUMS))
    c = column + gl.arange(0, PIECE, layout=gl.SliceLayout(0, SUMS))
    place = ((gl.program_id(2) * heads + head) * splits + gl.program_id(1)).to(gl.int64) * 512
    gl.store(
        out + place[:, None] + c[None, :], z.to(out.dtype.element_ty), mask=(head < heads)[:, None]
    )
