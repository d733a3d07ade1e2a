"""A decode step of a whole model: DeepSeek-V2-Lite's shape, dense layers, random weights, MHA or MLA.

What is asked: how many tokens a second at the largest batch that the memory holds, and how much of
the gain comes from a faster step, how much from the larger batch.
"""

from collections.abc import Iterator
from typing import Any

import torch

from mla_core.attention.cache import Cache
from mla_core.attention.rope_config import RopeConfig
from mla_core.bench import machine
from mla_core.bench.machine import Run
from mla_core.experiments.speed.timings import OURS, PRODUCTS, SDPA, WholeModel
from mla_core.kernels import why_not
from mla_core.models.config import ModelConfig
from mla_core.models.language_model import LanguageModel
from mla_core.models.llama import Llama

SHAPE = "DeepSeek-V2-Lite's shape, dense layers: {layers}, random weights"
LAYERS, CONTEXT = 27, 8192
RESERVE = 0.12  # of the memory, for what a step computes with
LARGEST = 4096  # batch


def config_of(attention: str, layers: int, context: int) -> ModelConfig:
    """DeepSeek-V2-Lite (arXiv 2405.04434, appendix B) with its first, dense layer throughout; its
    MHA twin has as many heads, with keys and values of 128."""
    shared: dict[str, Any] = {
        "vocab_size": 102_400, "hidden_size": 2048, "intermediate_size": 10_944,
        "num_hidden_layers": layers, "num_attention_heads": 16, "num_key_value_heads": 16,
        "max_position_embeddings": context + 1, "norm_eps": 1e-6, "hidden_act": "silu",
        "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": None, "rope": RopeConfig(),
    }  # fmt: skip
    if attention == "MHA":
        return ModelConfig(model_type="llama", head_dim=128, **shared)
    return ModelConfig(
        model_type="deepseek_v2", head_dim=64, kv_lora_rank=512, qk_nope_head_dim=128,
        qk_rope_head_dim=64, v_head_dim=128, rope_interleave=True, **shared,
    )  # fmt: skip


def build(attention: str, layers: int, context: int) -> LanguageModel:
    """On the device, its weights small random numbers."""
    with machine.device():
        model = (
            Llama(config_of(attention, layers, context))
            .to(machine.device(), machine.dtype())
            .eval()
        )
    for parameter in model.parameters():
        parameter.data.normal_(std=0.02)
    return model


def filled(model: LanguageModel, batch: int, tokens: int) -> Cache:
    """A cache of so many random tokens, with room for one more."""
    config, cache = model.config, model.new_cache()

    def rows(*shape: int) -> torch.Tensor:
        return torch.randn(shape, device=model.device, dtype=model.dtype)

    for layer in cache:
        if config.attention == "MLA":
            c_kv = rows(batch, tokens + 1, config.kv_lora_rank)
            layer.fill(0, c_kv=c_kv, k_rope=rows(batch, tokens + 1, config.qk_rope_head_dim))
        else:
            shape = (batch, config.num_key_value_heads, tokens + 1, config.head_dim)
            layer.fill(0, k=rows(*shape), v=rows(*shape))
        layer.crop(tokens)
    return cache


def largest_batch(model: LanguageModel, context: int, room: float) -> int:
    """Sequences whose caches fit into so many bytes."""
    one = model.config.cached_values * model.dtype.itemsize * (context + 1)
    return min(LARGEST, int(room // one))


@torch.inference_mode()
def step(model: LanguageModel, batch: int, context: int, between: Run) -> WholeModel:
    """One timed step, as a replayed graph on a GPU."""
    config = model.config
    cache = filled(model, batch, context)
    ids = torch.randint(config.vocab_size, (batch, 1), device=model.device)

    def run() -> None:
        model(ids, cache=cache, mode="absorbed")
        cache.crop(context)

    on_gpu = model.device.type == "cuda"
    seconds = machine.seconds_of_graph([run]) if on_gpu else machine.seconds_of([run], between)
    kernel = config.attention == "MLA" and not why_not(
        model.device, model.dtype, config.kv_lora_rank, config.qk_rope_head_dim
    )
    through = OURS if kernel else SDPA if on_gpu and config.attention == "MHA" else PRODUCTS
    return WholeModel(config.attention, through, batch, context, seconds, cache.nbytes)


def measure_whole(layers: int, context: int, room: float, between: Run) -> Iterator[WholeModel]:
    """MHA at its largest batch, MLA at the same one, MLA at its own.

    Args:
        room: bytes for weights and cache together.
    """
    shared_batch = 0
    for attention in ("MHA", "MLA"):
        try:
            model = build(attention, layers, context)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            yield WholeModel(attention, "", 0, context, None, 0, problem=out_of_memory(error))
            continue
        weights = sum(p.nbytes for p in model.parameters())
        own = largest_batch(model, context, room - weights)
        shared_batch = shared_batch or own
        for batch in dict.fromkeys((shared_batch, own)):
            try:
                if batch < 1:
                    raise torch.OutOfMemoryError
                yield step(model, batch, context, between)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                problem = out_of_memory(error)
                yield WholeModel(attention, "", batch, context, None, 0, problem=problem)
        del model
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def out_of_memory(error: Exception) -> str:
    """A sentence for an error that is about memory.

    Raises:
        Exception: the error itself if it is not.
    """
    told = str(error)
    if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in told:
        return "The memory did not suffice."
    raise error
