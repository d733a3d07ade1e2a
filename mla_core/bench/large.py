"""`python -m mla_core.bench large`: a published model's full shape, ours beside transformers as it is.

Random weights: neither the time of a step nor the bytes of a cache depend on what they hold. Both run
on the same weights in one process: transformers first, then the same body with our attention inside.
"""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from mla_core.bench import machine
from mla_core.bench.whole_model import filled, out_of_memory
from mla_core.models.borrowed import Borrowed, config_of, need_room

GB = 1e9
POINTS = tuple((batch, context) for context in (1024, 8192, 32_768) for batch in (1, 8, 64))
AGREE = 256  # tokens
# arXiv 2405.04434, appendix B
V2_LITE: dict[str, Any] = dict(
    vocab_size=102_400, hidden_size=2048, intermediate_size=10_944, num_hidden_layers=27,
    num_attention_heads=16, num_key_value_heads=16, q_lora_rank=None, kv_lora_rank=512,
    qk_rope_head_dim=64, qk_nope_head_dim=128, v_head_dim=128, n_routed_experts=64,
    num_experts_per_tok=6, n_shared_experts=2, moe_intermediate_size=1408, first_k_dense_replace=1,
    max_position_embeddings=163_840,
)  # fmt: skip


def build(shape: dict[str, Any]) -> Any:
    """transformers' DeepSeek-V2 of a shape, small random weights, on the device.

    Raises:
        CheckpointError: the memory does not suffice.
    """
    from transformers import DeepseekV2Config, DeepseekV2ForCausalLM

    with torch.device("meta"):
        numbers = DeepseekV2ForCausalLM(DeepseekV2Config(**shape)).num_parameters()
    need_room("This model", numbers, machine.device(), machine.dtype())
    with machine.device():
        body = DeepseekV2ForCausalLM(DeepseekV2Config(**shape)).to(machine.dtype()).eval()
    for name, parameter in body.named_parameters():
        if "norm" not in name:
            parameter.data.normal_(std=0.02)
    return body


def _theirs(body: Any, batch: int, context: int) -> tuple[float, int]:
    """(seconds of a step, bytes of the cache) of transformers' own decoding."""
    from transformers import DynamicCache

    config, cache = body.config, DynamicCache(config=body.config)

    def rows(width: int) -> torch.Tensor:
        return torch.randn(batch, 1, context, width, device=machine.device(), dtype=machine.dtype())

    for layer in range(config.num_hidden_layers):
        cache.update(rows(config.kv_lora_rank), rows(config.qk_rope_head_dim), layer)
    nbytes = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    ids = torch.randint(config.vocab_size, (batch, 1), device=machine.device())

    def step() -> None:
        body(ids, past_key_values=cache)
        cache.crop(-1)

    return machine.seconds_of([step], lambda: None), nbytes


def _ours(model: Borrowed, batch: int, context: int) -> tuple[float, int]:
    """The same of ours, absorbed."""
    cache = filled(model, batch, context)
    ids = torch.randint(model.config.vocab_size, (batch, 1), device=model.device)

    def step() -> None:
        model(ids, cache=cache, mode="absorbed")
        cache.crop(context)

    return machine.seconds_of([step], lambda: None), cache.nbytes


@torch.inference_mode()
def measure_large(
    shape: dict[str, Any], points: tuple[tuple[int, int], ...]
) -> Iterator[dict[str, Any]]:
    """Rows: of transformers for each (batch, context), then of ours, then how well they agree."""
    body = build(shape)
    tokens = min(AGREE, body.config.max_position_embeddings)
    ids = torch.randint(body.config.vocab_size, (1, tokens), device=machine.device())
    told = body(ids).logits.argmax(-1)
    yield from _rows("transformers", points, lambda b, t: _theirs(body, b, t))
    model = Borrowed(config_of(body.config), body)
    yield from _rows("ours", points, lambda b, t: _ours(model, b, t))
    cache = model.new_cache()
    first = model(ids[:, :1], cache=cache)
    steps = [model(ids[:, i : i + 1], cache=cache, mode="absorbed") for i in range(1, tokens)]
    for name, logits in (("prefill", model(ids)), ("absorbed", torch.cat([first, *steps], 1))):
        yield {"agreement": name, "share": (logits.argmax(-1) == told).float().mean().item()}


def _rows(who: str, points: tuple[tuple[int, int], ...], run: Any) -> Iterator[dict[str, Any]]:
    for batch, context in points:
        row: dict[str, Any] = {"who": who, "batch": batch, "context": context}
        try:
            seconds, nbytes = run(batch, context)
            row |= {"seconds": seconds, "tokens_per_second": batch / seconds, "nbytes": nbytes}
        except (torch.OutOfMemoryError, RuntimeError) as error:
            row["problem"] = out_of_memory(error)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        yield row


def bench_large(
    out: Path,
    shape: dict[str, Any] = V2_LITE,
    points: tuple[tuple[int, int], ...] = POINTS,
) -> None:
    """Writes the rows as JSON after every one, and prints them as a table."""
    result: dict[str, Any] = {
        "machine": machine.name(),
        "versions": machine.versions(),
        "date": datetime.date.today().isoformat(),
        "dtype": str(machine.dtype()).split(".")[1],
        "shape": shape,
        "rows": [],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    for row in tqdm(measure_large(shape, points), total=2 * len(points) + 2, unit="row"):
        result["rows"].append(row)
        out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print("| batch x context | who | ms | tokens/s | cache, GB |\n|---|---|--:|--:|--:|")
    for row in result["rows"]:
        if "agreement" in row:
            print(f"same first choice, {row['agreement']}: {row['share']:.1%}")
            continue
        told = row.get("problem", "")
        if not told:
            told = f"{1e3 * row['seconds']:.2f} | {row['tokens_per_second']:,.0f}"
            told += f" | {row['nbytes'] / GB:.3f}"
        print(f"| {row['batch']} x {row['context']:,} | {row['who']} | {told} |")
