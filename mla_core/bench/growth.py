"""One more token, with a cache and without, against the tokens so far: the two laws of growth."""

import datetime
import json
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mla_core.bench.timing import in_turn
from mla_core.experiments.cache_grows.compute import multiply_adds, seconds_of
from mla_core.models.checkpoint import load_model
from mla_core.models.language_model import LanguageModel

CONTEXTS = (16, 32, 64, 128, 256, 500)
MODELS = ("mini-gpt2", "mini-mla")
PRODUCTS = {torch.ops.aten.linear, torch.ops.aten.matmul, torch.ops.aten.einsum}


class _Products(TorchDispatchMode):
    """Counts the calls that multiply matrices, each once, whatever it is made of inside."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.count += func.overloadpacket in PRODUCTS
        return func(*args, **(kwargs or {}))


@torch.inference_mode()
def products_of_step(model: LanguageModel, held: int = 16) -> int:
    """How many matrix products one new token takes, with `held` tokens in the cache."""
    cache = model.new_cache()
    model(torch.zeros(1, held, dtype=torch.long, device=model.device), cache=cache)
    new = torch.zeros(1, 1, dtype=torch.long, device=model.device)
    with _Products() as products:
        seconds_of(model, new, cache)
    return products.count


@torch.inference_mode()
def step_times(model: LanguageModel, tokens: int, repeats: int) -> dict[str, float]:
    """Median milliseconds of the step that makes a text `tokens` long, both ways in turn."""
    ids = torch.randint(1, model.config.vocab_size, (1, tokens), device=model.device)
    cache = model.new_cache()
    model(ids[:, :-1], cache=cache)

    def cached() -> None:
        seconds_of(model, ids[:, -1:], cache)
        cache.crop(tokens - 1)

    return in_turn({"ms": cached, "ms_full": lambda: seconds_of(model, ids, None)}, repeats)


def bench_growth(out: Path, repeats: int) -> None:
    """Writes times, counted multiply-adds and the fitted laws of both models as JSON."""
    result: dict[str, object] = {
        "machine": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
        "command": "python -m mla_core.bench growth",
    }
    print("| model | tokens | ms cached | ms without | multiply-adds cached | without |")
    print("|---|---|---|---|---|---|")
    for name in MODELS:
        model = load_model(name)
        rows: dict[str, list[float]] = {"ms": [], "ms_full": [], "macs": [], "macs_full": []}
        for tokens in CONTEXTS:
            times = step_times(model, tokens, repeats)
            with torch.inference_mode():
                times["macs"] = multiply_adds(model, 1, tokens - 1, cached=True)
                times["macs_full"] = multiply_adds(model, tokens, 0, cached=False)
            for key, row in rows.items():
                row.append(times[key])
            print(
                f"| {name} | {tokens} | {times['ms']:.2f} | {times['ms_full']:.2f} "
                f"| {times['macs']:,} | {times['macs_full']:,} |",
                flush=True,
            )
        # a straight line with a cache, a parabola without: constant first
        fits = {
            key: np.polynomial.Polynomial.fit(CONTEXTS, rows[key], degree).convert().coef.tolist()
            for key, degree in (("ms", 1), ("ms_full", 2))
        }
        products = products_of_step(model)
        result[name] = {"tokens": CONTEXTS, "products": products, **rows, "law": fits}
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
