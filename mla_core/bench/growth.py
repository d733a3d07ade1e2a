"""One more token, with a cache and without, against the tokens so far: the two laws of growth."""

import datetime
import json
import os
import platform
from pathlib import Path

import numpy as np
import torch

from mla_core.bench.timing import in_turn
from mla_core.experiments.cache_grows.compute import multiply_adds, seconds_of
from mla_core.models.checkpoint import load_model
from mla_core.models.language_model import LanguageModel

CONTEXTS = (16, 32, 64, 128, 256, 500)
MODELS = ("mini-gpt2", "mini-mla")


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
        result[name] = {"tokens": CONTEXTS, **rows, "law": fits}
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
