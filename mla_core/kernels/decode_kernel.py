"""Absorbed MLA decode on a GPU, in Triton: DeepSeek-V2 (arXiv 2405.04434), equations 16-18.

One new token for each sequence asks all h heads' questions of one cache. Every program takes one
group of heads through one stretch of one sequence:

    (1) its queries are read once, and stay on the chip
    (2) tile after tile of the cache is read once, and serves as keys and as values
    (3) scores: the content of the latent, and the position of the rope key
    (4) softmax as it goes: rows are kept relative to the largest score so far, in float32
    (5) the tile is summed up with its weights
    (6) if a sequence was split, `combine` weighs its stretches by their sums

Scores count in powers of two: `scale` holds log2(e), so that exp2 serves for exp.
"""

from typing import no_type_check

import triton
import triton.language as tl


@triton.jit
@no_type_check  # Triton reads the function's own text: nothing may be wrapped around it
def attend_stretch(
    q_latent, q_rope, c_kv, k_rope, out, log_sums, lengths, block_table,
    heads, splits, scale, page_size, pages,
    c_kv_page, c_kv_row, k_rope_page, k_rope_row,
    C: tl.constexpr, R: tl.constexpr, RAGGED: tl.constexpr, PAGED: tl.constexpr,
    HEADS: tl.constexpr, TILE: tl.constexpr, WIDE_C: tl.constexpr, WIDE_R: tl.constexpr,
):  # fmt: skip
    """One group of HEADS heads, one of `splits` stretches, one sequence: program ids 0, 1, 2.

    Args:
        q_latent, q_rope: (b, h, C) and (b, h, R), contiguous.
        c_kv, k_rope: (b, t, C) and (b, t, R), or pages of them; strides are given in elements.
        out: (b, h, splits, C), each stretch normalised by itself.
        log_sums: (b, h, splits) float32, log2 of the sum that it was normalised by.
        lengths: (b,) int32 if RAGGED, else not read: all sequences have `page_size` tokens.
        block_table: (b, pages) int32 if PAGED, else not read.
        WIDE_C, WIDE_R: C and R rounded up to powers of two; R = 0 means no rope key.
    """
    split = tl.program_id(1)
    sequence = tl.program_id(2).to(tl.int64)
    head = tl.program_id(0) * HEADS + tl.arange(0, HEADS)
    c, r = tl.arange(0, WIDE_C), tl.arange(0, WIDE_R)
    is_head, is_c, is_r = (head < heads)[:, None], (c < C)[None, :], (r < R)[None, :]
    row = sequence * heads + head

    # (1)
    q = tl.load(q_latent + row[:, None] * C + c[None, :], mask=is_head & is_c, other=0.0)
    q_position = tl.load(q_rope + row[:, None] * R + r[None, :], mask=is_head & is_r, other=0.0)

    length = tl.load(lengths + sequence) if RAGGED else page_size
    tiles = tl.cdiv(length, TILE)
    most = tl.full([HEADS], float("-inf"), tl.float32)
    total = tl.zeros([HEADS], tl.float32)
    z = tl.zeros([HEADS, WIDE_C], tl.float32)
    for tile in range(tiles * split // splits, tiles * (split + 1) // splits):
        t = tile * TILE + tl.arange(0, TILE)
        is_token = t < length
        if PAGED:
            page = tl.load(block_table + sequence * pages + t // page_size, mask=is_token, other=0)
            page, place = page.to(tl.int64), t % page_size
        else:
            page, place = sequence, t

        # (2) what lies behind the end becomes 0 here: 0 times NaN would be NaN below
        at = page * c_kv_page + place.to(tl.int64) * c_kv_row
        latent = tl.load(c_kv + at[:, None] + c[None, :], mask=is_token[:, None] & is_c, other=0.0)

        # (3)
        if R > 0:
            at = page * k_rope_page + place.to(tl.int64) * k_rope_row
            key = tl.load(
                k_rope + at[:, None] + r[None, :], mask=is_token[:, None] & is_r, other=0.0
            )
            scores = tl.dot(q, tl.trans(latent), tl.dot(q_position, tl.trans(key)))
        else:
            scores = tl.dot(q, tl.trans(latent))
        # a branch, not a mask on every tile: it also keeps Triton from seeing both products as
        # one chain, for which it would let each warp group compute all scores
        if tile * TILE + TILE > length:
            scores = tl.where(is_token[None, :], scores, float("-inf"))

        # (4)
        new_most = tl.maximum(most, tl.max(scores, 1) * scale)
        weights = tl.exp2(scores * scale - new_most[:, None])
        shrink = tl.exp2(most - new_most)
        total = total * shrink + tl.sum(weights, 1)
        most = new_most

        # (5)
        z = tl.dot(weights.to(latent.dtype), latent, z * shrink[:, None])

    z = z / tl.where(total > 0, total, 1.0)[:, None]  # no tokens: zeros
    place = row * splits + split
    tl.store(log_sums + place, most + tl.log2(total), mask=head < heads)
    tl.store(out + place[:, None] * C + c[None, :], z.to(out.dtype.element_ty), mask=is_head & is_c)


@triton.jit
@no_type_check
def combine(
    stretches, log_sums, out, splits,
    C: tl.constexpr, SPLITS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """(6) The stretches of one head of one sequence, some of its columns: program ids 0 and 1.

    Args:
        stretches, log_sums: what `attend_stretch` left, in float32.
        out: (b, h, C).
        SPLITS: `splits` rounded up to a power of two.
    """
    row = tl.program_id(0).to(tl.int64)
    c = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    split = tl.arange(0, SPLITS)
    place = row * splits + split
    sums = tl.load(log_sums + place, mask=split < splits, other=float("-inf"))
    weights = tl.where(sums > float("-inf"), tl.exp2(sums - tl.max(sums, 0)), 0.0)
    total = tl.sum(weights, 0)
    is_there = (split < splits)[:, None] & (c < C)[None, :]
    z = tl.load(stretches + place[:, None] * C + c[None, :], mask=is_there, other=0.0)
    z = tl.sum(z * weights[:, None], 0) / tl.where(total > 0, total, 1.0)
    tl.store(out + row * C + c, z.to(out.dtype.element_ty), mask=c < C)
