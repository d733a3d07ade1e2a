"""The same models from several seeds: what a difference between two losses is worth."""

import dataclasses
import datetime
import json
import tempfile
import time
from pathlib import Path

import torch

from mla_core.models.checkpoint import load_model
from mla_core.models.devices import default_device
from mla_core.training import data, evaluate
from mla_core.training.loop import train
from mla_core.training.recipe import Recipe
from mla_core.training.runs import read_runs


def repeat(
    models: list[str],
    seeds: list[int],
    steps: int,
    *,
    corpus: Path,
    tokenizer: Path,
    out: Path,
    keep: Path | None = None,
) -> None:
    """Trains every model from every seed, scores it on the held-out texts, appends a JSON line.

    A seed decides the first weights and the order of the texts. What was written before is not
    trained again, so an interrupted call goes on where it stopped.

    Args:
        corpus: folder of `*.xz`; its last texts are held out.
        tokenizer: one for all, so that nats a token can be compared.
        keep: where the models of the first seed go; the others are thrown away.
    """
    done = {(run["model"], run["seed"], run["steps"]) for run in read_runs(out)}
    train_texts, held_out = data.split(data.read_corpus(corpus))
    words = data.read_tokenizer(tokenizer)
    ids, starts = data.encode(train_texts, words)
    for name in models:
        for seed in seeds:
            if (name, seed, steps) in done:
                continue
            kept = keep / name if keep is not None and seed == seeds[0] else None
            with tempfile.TemporaryDirectory() as scratch:
                directory = kept or Path(scratch)
                recipe = dataclasses.replace(Recipe(), steps=steps, seed=seed)
                begun = time.monotonic()
                torch.compiler.reset()  # it gives up on code that it compiled eight times
                train(name, directory, words, ids, starts, recipe)
                torch.set_float32_matmul_precision("highest")  # training had TF32
                seconds = time.monotonic() - begun
                model = load_model(directory)  # as saved: float16 weights
                run = {
                    "model": name,
                    "seed": seed,
                    "steps": steps,
                    "training_tokens": len(ids),
                    "parameters": sum(p.numel() for p in model.parameters()),
                    "cached_values": model.config.cached_values,
                    **evaluate.bits_per_byte(model, held_out),
                    "flag": evaluate.next_tokens(model, evaluate.FLAG),
                    "seconds": round(seconds),
                    "device": _device(),
                    "torch": torch.__version__,
                    "date": datetime.date.today().isoformat(),
                }
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")
            print(json.dumps(run), flush=True)


def _device() -> str:
    device = default_device()
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
