"""Computes `Growth`: every step is run, timed and kept, with a cache and without; and counted."""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mla_core.attention.cache import STORAGES, Cache
from mla_core.attention.recorder import Recorder
from mla_core.experiments import Models
from mla_core.experiments.cache_grows import Grow, Growth, Keep, Resume
from mla_core.experiments.cache_grows.saved_caches import keep, resume
from mla_core.inference.decoder import choose
from mla_core.inference.tracing import as_trace, encode_prompt, starts_with_bos
from mla_core.models.language_model import LanguageModel, stack_layers

LISTED = 6  # likeliest next tokens
FORGOTTEN = 24  # numbers of dropped tokens that are tried, at most
WATCHED = ("x", "q", "pattern")

# model -> (new tokens, held tokens, with a cache) -> multiply-adds. They do not depend on the
# text, so each is counted once, while the model runs at these lengths for the first time.
_counted: WeakKeyDictionary[LanguageModel, dict[tuple[int, int, bool], int]] = WeakKeyDictionary()


def multiply_adds(model: LanguageModel, new: int, held: int, *, cached: bool) -> int:
    """Of one forward pass, as torch counts them while it runs.

    Args:
        new: tokens that are run.
        held: tokens that the cache holds before.
        cached: False runs the `new` tokens with no cache at all.
    """
    counts = _counted.setdefault(model, {})
    key = (new, held, cached)
    if key not in counts:
        cache = model.new_cache() if cached else None
        if held:
            model(torch.zeros(1, held, dtype=torch.long, device=model.device), cache=cache)
        ids = torch.zeros(1, new, dtype=torch.long, device=model.device)
        with FlopCounterMode(display=False) as counter:
            _forward(model, ids, cache)
        counts[key] = int(counter.get_total_flops()) // 2  # it counts a multiply-add as two
    return counts[key]


def _along(count: Callable[[int], Fraction], tokens: list[int]) -> list[Fraction]:
    """`count` at every number of tokens.

    It is called at both ends and in the middle; where the three lie on a straight line, the line
    gives the others. Else it is called for each.
    """
    half = len(tokens) // 2
    if len(tokens) > 3:
        low, high = count(tokens[0]), count(tokens[-1])
        slope = (high - low) / (tokens[-1] - tokens[0])
        line = [low + slope * (t - tokens[0]) for t in tokens]
        if count(tokens[half]) == line[half]:
            return line
    return [count(t) for t in tokens]


def step_counts(model: LanguageModel, tokens: list[int]) -> tuple[list[int], list[int]]:
    """Multiply-adds of each step, with a cache and without.

    With a cache a step at t tokens takes a + b t, without one c t + e t^2, that is c + e t for each
    token. Counting takes ten times as long as running, so three counts settle which line it is.

    Args:
        tokens: known after the prefill and after each further step.
    """

    def one_more(t: int) -> Fraction:
        return Fraction(multiply_adds(model, 1, t - 1, cached=True))

    def each_again(t: int) -> Fraction:
        return Fraction(multiply_adds(model, t, 0, cached=False), t)

    prefill = multiply_adds(model, tokens[0], 0, cached=True)
    full = [int(count * t) for count, t in zip(_along(each_again, tokens), tokens, strict=True)]
    return [prefill, *map(int, _along(one_more, tokens[1:]))], full


def _forward(
    model: LanguageModel, ids: Tensor, cache: Cache | None, names: tuple[str, ...] = ("pattern",)
) -> tuple[Tensor, Recorder]:
    """Logits (w,) of the next token. Prompts and runs without a cache take the naive path."""
    decoding = cache is not None and cache.length > 0
    # recording keeps a run without a cache from torch's fused kernel, whose products nobody counts
    recorder = Recorder(names)
    mode = model.modes[-1] if decoding else "naive"
    return model(ids, cache=cache, record=recorder, mode=mode)[0, -1], recorder


def seconds_of(model: LanguageModel, ids: Tensor, cache: Cache | None) -> float:
    """How long one forward pass takes; with a cache it grows by the tokens."""
    begun = time.perf_counter()
    _forward(model, ids, cache)
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def _likeliest(logits: Tensor) -> tuple[np.ndarray, np.ndarray]:
    top = logits.float().softmax(-1).topk(LISTED)
    return top.indices.cpu().numpy(), top.values.cpu().numpy()


@torch.inference_mode()
def grow(model: LanguageModel, asked: Grow, between: Callable[[], None]) -> Growth:
    """Generates token by token.

    Args:
        between: called between steps, never while one is timed.

    Raises:
        PromptError: the prompt is empty or too long.
        ValueError: an unknown storage, a negative temperature, or a top_k below 1.
    """
    if asked.storage not in STORAGES:
        raise ValueError(f"storage must be one of {', '.join(STORAGES)}, not {asked.storage!r}")
    ids = encode_prompt(model, asked.prompt, bos=True)
    prompt_length = len(ids)
    room = model.config.max_position_embeddings - prompt_length
    cache = model.new_cache(STORAGES[asked.storage])
    steps: list[dict[str, float]] = []
    watched: list[dict[str, Tensor]] = []
    following: list[tuple[np.ndarray, np.ndarray]] = []
    new = ids
    # untimed: the first run of a size pays for what torch prepares
    seconds_of(model, torch.tensor([ids], device=model.device), model.new_cache())
    for count in range(min(asked.new_tokens, room) + 1):
        between()
        held = cache.length
        run = torch.tensor([new], device=model.device)
        whole = torch.tensor([ids], device=model.device)
        seconds = seconds_of(model, run, cache)
        seconds_full = seconds_of(model, whole, None)
        cache.crop(held)  # the same step again, watched
        written, read = cache.bytes_written, cache.bytes_read
        logits, recorder = _forward(model, run, cache, WATCHED)
        watched.append({name: stack_layers(x) for name, x in recorder.layers.items()})
        following.append(_likeliest(logits))
        steps.append(
            {
                "tokens": len(ids),
                "seconds": seconds,
                "seconds_full": seconds_full,
                "written": cache.bytes_written - written,
                "read": cache.bytes_read - read,
                "held": cache.nbytes,
            }
        )
        if count < min(asked.new_tokens, room):
            new = [choose(logits, asked.temperature, asked.top_k, asked.seed, len(ids))]
            ids = ids + new
    between()
    macs, macs_full = step_counts(model, [int(step["tokens"]) for step in steps])
    between()
    forgotten = _forget(model, ids[:prompt_length], STORAGES[asked.storage])
    next_ids, next_ = (np.stack(column) for column in zip(*following, strict=True))
    rows = _rows(watched)
    x = rows.pop("x")
    trace = as_trace(
        model, ids, rows | _held(cache), has_bos=starts_with_bos(model), prompt_length=prompt_length,
        cache_nbytes=tuple(map(cache.nbytes_of, range(1, cache.length + 1))),
    )  # fmt: skip
    return Growth(
        trace=trace,
        storage=asked.storage,
        steps={name: np.array([step[name] for step in steps]) for name in steps[0]}
        | {"macs": np.array(macs), "macs_full": np.array(macs_full)},
        x=x,
        next_ids=next_ids,
        next=next_,
        **forgotten,
    )


def _rows(watched: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """The rows that the steps made, below one another; a pattern's are filled up with zeros."""
    total = watched[-1]["pattern"].shape[-1]
    whole: dict[str, Any] = {}
    for name in WATCHED:
        rows = [step[name] for step in watched]
        if name == "pattern":
            rows = [torch.nn.functional.pad(row, (0, total - row.shape[-1])) for row in rows]
        whole[name] = torch.cat(rows, dim=-2).float().cpu().numpy()
    return whole


def _held(cache: Cache) -> dict[str, np.ndarray]:
    """Everything in the cache, layer by layer, as it was stored."""
    names = [name for name in cache[0] if cache[0][name].shape[-1]]  # a conversion has no rope key
    layers = {name: [layer[name].float() for layer in cache] for name in names}
    return {name: stack_layers(x).cpu().numpy() for name, x in layers.items()}


def _forget(model: LanguageModel, ids: list[int], storage: torch.dtype) -> dict[str, np.ndarray]:
    """What comes next when the oldest tokens have left the cache before the last one is run."""
    counts = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), FORGOTTEN)).astype(int))
    cache = model.new_cache(storage)
    if ids[:-1]:
        model(torch.tensor([ids[:-1]], device=model.device), cache=cache)
    last = torch.tensor([ids[-1:]], device=model.device)
    following = []
    for count in counts.tolist():
        cache.forget(count - (cache.position - cache.length))
        held = cache.length
        following.append(_likeliest(model(last, cache=cache, mode=model.modes[-1])[0, -1]))
        cache.crop(held)
    ids_, next_ = (np.stack(column) for column in zip(*following, strict=True))
    return {"forgotten": counts, "forgotten_ids": ids_, "forgotten_next": next_}


def continue_text(asked: Grow, models: Models) -> Growth:
    return grow(models.model(asked.model), asked, models.give_way)


COMPUTE = {Grow: continue_text, Keep: keep, Resume: resume}
