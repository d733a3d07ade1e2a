"""Other people's MLA, timed beside ours where it is installed. None of it is needed.

FlashMLA comes in `sgl-flash-mla`, FlashInfer in `flashinfer-python`; both need a Hopper GPU here.
"""

import importlib.util
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from mla_core.bench.machine import Run, device, dtype
from mla_core.experiments.speed.timings import LATENT

PAGE = 64  # tokens, of the paged caches that both kernels read


def installed(module: str) -> bool:
    return torch.cuda.is_available() and importlib.util.find_spec(module) is not None


def latent_kernels(
    q_latent: Tensor, q_rope: Tensor, caches: Sequence[Tensor], scale: float
) -> Iterator[tuple[str, list[Run]]]:
    """FlashMLA and FlashInfer on caches (b, t, c + r), page by page in order."""
    b, t = caches[0].shape[:2]
    if t % PAGE:
        return
    lengths = torch.full((b,), t, dtype=torch.int32, device=device())
    table = torch.arange(b * t // PAGE, dtype=torch.int32, device=device()).view(b, -1)
    pages = [cache.view(-1, PAGE, cache.shape[-1]) for cache in caches]
    if installed("flash_mla"):
        yield "FlashMLA", _flash_mla(q_latent, q_rope, pages, table, lengths, scale)
    if installed("flashinfer"):
        yield "FlashInfer", _flashinfer(q_latent, q_rope, pages, table, lengths, scale)


def _flash_mla(
    q_latent: Tensor, q_rope: Tensor, pages: list[Tensor], table: Tensor, lengths: Tensor, scale: float
) -> list[Run]:  # fmt: skip
    import flash_mla

    q = torch.cat((q_latent, q_rope), dim=-1)[:, None]  # one new token a sequence
    plan = flash_mla.get_mla_metadata()[0]  # filled by the first call, for these lengths

    def one(page: Tensor) -> Run:
        return lambda: flash_mla.flash_mla_with_kvcache(
            q, page[:, :, None], table, lengths, LATENT.kv_lora_rank, plan,
            softmax_scale=scale, causal=False, use_legacy=True,
        )  # fmt: skip

    return [one(page) for page in pages]


def _flashinfer(
    q_latent: Tensor, q_rope: Tensor, pages: list[Tensor], table: Tensor, lengths: Tensor, scale: float
) -> list[Run]:  # fmt: skip
    import flashinfer

    space = torch.empty(256 * 2**20, dtype=torch.uint8, device=device())
    wrapper = flashinfer.mla.BatchMLAPagedAttentionWrapper(space, backend="fa3")
    b, per_sequence = table.shape
    starts = torch.arange(b + 1, dtype=torch.int32, device=device())
    c, r = LATENT.kv_lora_rank, LATENT.qk_rope_head_dim
    wrapper.plan(
        starts, starts * per_sequence, table.flatten(), lengths, LATENT.heads, c, r, PAGE, False,
        scale, dtype(), dtype(),
    )  # fmt: skip

    def one(page: Tensor) -> Run:
        return lambda: wrapper.run(q_latent, q_rope, page[..., :c], page[..., c:])

    return [one(page) for page in pages]


class _Held:
    """In the place of transformers' cache: holds a full one, so that nothing is copied at a step."""

    def __init__(self, c_kv: Tensor, k_rope: Tensor) -> None:
        self.rows = c_kv[:, None], k_rope[:, None]

    def update(self, _new: Tensor, _new_rope: Tensor, _layer: int) -> tuple[Tensor, Tensor]:
        return self.rows


def transformers_layer(b: int, t: int, copies: int) -> Iterator[tuple[str, list[Run]]]:
    """transformers' DeepSeek-V3 attention as it is, its projections of the new token included."""
    from transformers import DeepseekV3Config
    from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3Attention

    config = DeepseekV3Config(num_hidden_layers=1, attn_implementation="sdpa")
    with torch.device(device()):
        layer = DeepseekV3Attention(config, 0).to(dtype())
        x = torch.randn(b, 1, config.hidden_size, dtype=dtype())
        rotation = torch.ones(2, b, 1, config.qk_rope_head_dim, dtype=dtype())
        caches = [
            _Held(
                torch.randn(b, t, config.kv_lora_rank, dtype=dtype()),
                torch.randn(b, t, config.qk_rope_head_dim, dtype=dtype()),
            )
            for _ in range(copies)
        ]

    def one(cache: _Held) -> Run:
        return lambda: layer(
            hidden_states=x, position_embeddings=(rotation[0], rotation[1]), attention_mask=None,
            past_key_values=cache,
        )  # fmt: skip

    yield "transformers", [one(cache) for cache in caches]
