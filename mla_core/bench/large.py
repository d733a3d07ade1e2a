"""`python -m mla_core.bench large`: a published model's full shape, ours beside transformers as it is.

Random weights: neither the time of a step nor the bytes of a cache depend on what they hold. Both run
on the same weights in one process: transformers first, then the same body with our attention inside.
A step is timed twice: launched from Python, and replayed as a CUDA graph, where no launch is waited
for. transformers' own cache grows by copying itself, so that its decoding cannot be replayed; its
graph is timed all the same, because it shows what the GPU alone takes.
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
from mla_core.inference.decoder import Decoder
from mla_core.inference.tracing import trace_ids
from mla_core.models.devices import need_room
from mla_core.models.locate import locate
from mla_core.models.tokenizer import open_tokenizer
from mla_core.models.transformers_model import TransformersModel, config_of

GB = 1e9
POINTS = tuple((batch, context) for context in (1024, 8192, 32_768) for batch in (1, 8, 64))
AGREE = 256  # tokens
PAGE, MORE = 64, 12  # tokens of a text, and how many a page generates after it
Times = tuple[float, float | None, int]  # seconds launched, seconds replayed, bytes of the cache
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
        body = DeepseekV2ForCausalLM(DeepseekV2Config(**shape)).eval()
    for name, parameter in body.named_parameters():
        if "norm" not in name:
            parameter.data.normal_(std=0.02)
    _cast(body, machine.dtype())
    return body


def _cast(body: Any, dtype: torch.dtype) -> None:
    """Its weights; the frequencies of its rotation stay in float32, as when a model is opened."""
    for parameter in body.parameters():
        parameter.data = parameter.data.to(dtype)


def _timed(step: machine.Run, nbytes: int) -> Times:
    launched = machine.seconds_of([step], lambda: None)
    replayed = machine.seconds_of_graph([step]) if torch.cuda.is_available() else None
    return launched, replayed, nbytes


def _theirs(body: Any, batch: int, context: int) -> Times:
    """transformers' own decoding."""
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

    return _timed(step, nbytes)


def _ours(model: TransformersModel, batch: int, context: int) -> Times:
    """The same of ours, absorbed."""
    cache = filled(model, batch, context)
    ids = torch.randint(model.config.vocab_size, (batch, 1), device=model.device)

    def step() -> None:
        model(ids, cache=cache, mode="absorbed")
        cache.crop(context)

    return _timed(step, cache.nbytes)


def _page(model: TransformersModel) -> float:
    """Seconds from a text's tokens to all patterns, as a page asks for them."""
    model.tokenizer = open_tokenizer(locate("mini-mla"))  # random weights say nothing to spell
    ids = torch.randint(model.config.vocab_size, (PAGE,)).tolist()

    def once() -> None:
        decoder = Decoder(model)
        decoder.prefill_ids(ids)
        for _ in range(MORE):
            decoder.step()
        trace_ids(model, decoder.token_ids, has_bos=True, record=("logits", "pattern"))

    return machine.seconds_of([once], lambda: None)


@torch.inference_mode()
def measure_large(
    shape: dict[str, Any], points: tuple[tuple[int, int], ...]
) -> Iterator[dict[str, Any]]:
    """Rows: of transformers for each (batch, context), then of ours; how often each one's likeliest
    token is that of the same weights in float32; a page."""
    body = build(shape)
    tokens = min(AGREE, body.config.max_position_embeddings)
    ids = torch.randint(body.config.vocab_size, (1, tokens), device=machine.device())
    _cast(body, torch.float32)
    exact = body(ids).logits.argmax(-1)
    _cast(body, machine.dtype())

    def agreeing(who: str, logits: torch.Tensor) -> dict[str, Any]:
        return {"agreement": who, "share": (logits.argmax(-1) == exact).float().mean().item()}

    yield agreeing("transformers", body(ids).logits)
    yield from _rows("transformers", points, lambda b, t: _theirs(body, b, t))
    model = TransformersModel(config_of(body.config), body)
    yield from _rows("ours", points, lambda b, t: _ours(model, b, t))
    yield agreeing("ours", model(ids))
    cache = model.new_cache()
    steps = [model(ids[:, i : i + 1], cache=cache, mode="absorbed") for i in range(tokens)]
    yield agreeing("ours, step by step", torch.cat(steps, 1))
    yield {"page": PAGE + MORE, "seconds": _page(model)}


def _rows(who: str, points: tuple[tuple[int, int], ...], run: Any) -> Iterator[dict[str, Any]]:
    for batch, context in points:
        row: dict[str, Any] = {"who": who, "batch": batch, "context": context}
        try:
            seconds, replayed, nbytes = run(batch, context)
            row |= {"seconds": seconds, "replayed": replayed, "nbytes": nbytes}
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
    for row in tqdm(measure_large(shape, points), total=2 * len(points) + 4, unit="row"):
        result["rows"].append(row)
        out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print("| batch x context | who | ms | replayed, ms | tokens/s | cache, GB |")
    print("|---|---|--:|--:|--:|--:|")
    for row in result["rows"]:
        if "agreement" in row:
            print(f"likeliest token as in float32, {row['agreement']}: {row['share']:.1%}")
        elif "page" in row:
            print(f"all patterns of {row['page']} tokens: {row['seconds']:.2f} s")
        else:
            told = row.get("problem") or _told(row)
            print(f"| {row['batch']} x {row['context']:,} | {row['who']} | {told} |")


def _told(row: dict[str, Any]) -> str:
    best = min(filter(None, (row["seconds"], row["replayed"])))
    replayed = "" if row["replayed"] is None else f"{1e3 * row['replayed']:.2f}"
    return (
        f"{1e3 * row['seconds']:.2f} | {replayed} | {row['batch'] / best:,.0f} | "
        f"{row['nbytes'] / GB:.3f}"
    )
