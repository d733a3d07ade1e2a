"""One decode step of one attention layer of DeepSeek-V3's shape, in every way that it can run here."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mla_core.arithmetic.architectures import Heads
from mla_core.attention.latent import LatentAttention
from mla_core.attention.multihead import attend
from mla_core.bench import machine, peers
from mla_core.bench.machine import Run
from mla_core.experiments.speed.timings import ABSORBED, KINDS, LATENT, NAIVE, OURS, PRODUCTS, SDPA
from mla_core.kernels import decode_reference, run_kernel, why_not


def ways(kind: str, batch: int, context: int, copies: int) -> Iterator[tuple[str, list[Run]]]:
    """(what runs it, the step on each of several caches), random numbers in all of them."""
    attention = KINDS[kind]
    if isinstance(attention, Heads):
        yield from _heads(attention, batch, context, copies)
    elif kind == NAIVE:
        yield from _rebuilt(batch, context, copies)
    else:
        assert kind == ABSORBED
        yield from _absorbed(batch, context, copies)


def _random(*shape: int) -> Tensor:
    return torch.randn(shape, device=machine.device(), dtype=machine.dtype())


def _heads(shape: Heads, b: int, t: int, copies: int) -> Iterator[tuple[str, list[Run]]]:
    q = _random(b, shape.heads, 1, shape.head_dim)
    caches = [_random(2, b, shape.kv_heads, t, shape.head_dim) for _ in range(copies)]
    scale = shape.head_dim**-0.5
    yield PRODUCTS, [partial(attend, q, k, v, scale=scale) for k, v in caches]
    fused = partial(F.scaled_dot_product_attention, enable_gqa=shape.kv_heads < shape.heads)
    yield SDPA, [partial(fused, q, k, v) for k, v in caches]


def _caches(b: int, t: int, copies: int) -> list[Tensor]:
    """Latents with their rope keys beside them, as other kernels want them."""
    return [_random(b, t, LATENT.kv_lora_rank + LATENT.qk_rope_head_dim) for _ in range(copies)]


def _split(rows: Tensor) -> tuple[Tensor, Tensor]:
    c_kv, k_rope = rows.split([LATENT.kv_lora_rank, LATENT.qk_rope_head_dim], dim=-1)
    return c_kv, k_rope


def _rebuilt(b: int, t: int, copies: int) -> Iterator[tuple[str, list[Run]]]:
    h, c, n, r, v = (
        LATENT.heads, LATENT.kv_lora_rank, LATENT.qk_nope_head_dim, LATENT.qk_rope_head_dim,
        LATENT.v_head_dim,
    )  # fmt: skip
    layer = LatentAttention(num_heads=h, kv_lora_rank=c, n=n, r=r, v=v, scale=(n + r) ** -0.5)
    layer.kv_b_proj = nn.Linear(c, h * (n + v), bias=False)
    layer = layer.to(machine.device(), machine.dtype())
    q = _random(b, h, 1, n), _random(b, h, 1, r)
    yield PRODUCTS, [partial(layer.naive, *q, *_split(rows)) for rows in _caches(b, t, copies)]
    if machine.device().type == "cuda":  # a CPU takes twice as long as for ours, for the same
        yield from peers.transformers_layer(b, t, copies)


def _absorbed(b: int, t: int, copies: int) -> Iterator[tuple[str, list[Run]]]:
    q_latent = _random(b, LATENT.heads, LATENT.kv_lora_rank)
    q_rope = _random(b, LATENT.heads, LATENT.qk_rope_head_dim)
    scale = (LATENT.qk_nope_head_dim + LATENT.qk_rope_head_dim) ** -0.5
    caches = _caches(b, t, copies)
    c, r = LATENT.kv_lora_rank, LATENT.qk_rope_head_dim

    def runs(step: Callable[..., Tensor]) -> list[Run]:
        return [partial(step, q_latent, q_rope, *_split(rows), scale=scale) for rows in caches]

    if why_not(machine.device(), machine.dtype(), c, r) is None:
        yield OURS, runs(run_kernel)
    yield PRODUCTS, runs(decode_reference)
    yield from peers.latent_kernels(q_latent, q_rope, caches, scale)
