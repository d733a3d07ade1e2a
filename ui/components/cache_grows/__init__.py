"""A text that grows token by token: what each step computes, reads from the cache and writes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mla_core.arithmetic.architectures import PUBLISHED, STORAGES, without_latent
from mla_core.experiments.cache_grows import Growth
from mla_core.models.config import ModelConfig
from mla_core.models.tokenizer import Tokenizer
from ui import catalogue
from ui.components import On, bytes64, component
from ui.figures import palette
from ui.show.labels import about_model, token_name, token_texts
from ui.state.session import subject
from ui.state.url import View, limits
from ui.words.en import cache_grows as words
from ui.words.en import common

mount = component("cache_grows")
BYTES = {"float32": 4.0, "bfloat16": 2.0, "float8": 1.0, "6bit": 0.75}  # of a number
LETTERS = {"k_rope": "k_R"}  # over a column that is too narrow for its name
BYTES_BFLOAT16 = 2
LEAST_STEPS = 4  # the prefill and three tokens: before, a time is a single one
CLEARLY, ABOUT = 1.15, 1.05  # times as long; times as much
JUMP_TOKENS = 100_000


def cache_parts(config: ModelConfig) -> dict[str, list[int]]:
    """Numbers that a token leaves in the cache of each layer, by what they are."""
    layers = config.num_hidden_layers
    if config.attention == "MLA":
        rope = {"k_rope": [config.qk_rope_head_dim] * layers} if config.qk_rope_head_dim else {}
        return {"c_kv": list(config.ranks)} | rope
    width = config.num_key_value_heads * config.head_dim
    return {"k": [width] * layers, "v": [width] * layers}


def matrices(grown: Growth, layer: int, head: int) -> list[dict[str, Any]]:
    """X, Q, what is cached, and the pattern of one head, row by row."""
    trace = grown.trace
    group = head * trace.config.num_key_value_heads // trace.config.num_attention_heads
    found = [
        ("X", "", grown.x[layer], False),
        ("Q", palette.Q, trace.q[layer, head], False),
    ]
    for name, shown in common.CACHE_PARTS.items():
        if name in trace.arrays:
            rows = trace.arrays[name][layer]
            rows = rows[group] if rows.ndim == 3 else rows[:, ~np.isnan(rows[0])]
            found.append((LETTERS.get(name, shown), palette.CACHE_PARTS[name], rows, True))
    drawn = [
        {"letter": letter, "colour": colour, "width": rows.shape[1], "values": bytes64(rows),
         "cached": cached, "pattern": False}
        for letter, colour, rows, cached in found
    ]  # fmt: skip
    pattern = trace.pattern[layer, head]
    drawn.append(
        {"letter": "A", "colour": palette.PATTERN, "width": len(pattern),
         "values": bytes64(pattern), "cached": False, "pattern": True}
    )  # fmt: skip
    return drawn


def side(
    grown: Growth, tokenizer: Tokenizer, head: tuple[int, int], storage: str
) -> dict[str, Any]:
    """What the component needs of one model.

    Args:
        grown: the text, its steps and its cache.
        head: (layer, head) whose matrices are drawn.
        storage: what the reader wants the cache to be kept in, a key of `BYTES`.
    """
    trace, config = grown.trace, grown.trace.config
    widths = cache_parts(config)
    rows = {  # (l, t, width) of everything in the cache, heads beside each other
        name: x if x.ndim == 3 else x.swapaxes(1, 2).reshape(*x.shape[::2], -1)
        for name, x in trace.arrays.items()
        if name in widths
    }
    per_token = config.cached_values * BYTES[storage]
    live = catalogue.LIVE_STORAGES[storage] == grown.storage

    def listed(ids: np.ndarray, chances: np.ndarray) -> list[list[Any]]:
        return [
            [token_name(int(i), tokenizer, config), float(p)]
            for i, p in zip(ids, chances, strict=True)
        ]

    names = {"macs_full": "macsFull", "seconds_full": "secondsFull"}
    return {
        "model": trace.model,
        "title": about_model(config)["title"],
        "colour": palette.of_model(trace.model),
        "tokens": token_texts(trace, tokenizer),
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "layer": head[0],
        "head": head[1],
        "rows": matrices(grown, *head),
        "parts": [
            {
                "name": common.CACHE_PARTS[name],
                "colour": palette.CACHE_PARTS[name],
                "widths": width,
                "most": max(width),
                "largest": float(np.nanmax(np.abs(rows[name]))),
            }
            for name, width in widths.items()
        ],
        "cache": bytes64(np.concatenate([rows[name] for name in widths], axis=-1), "<f2"),
        "bytesPerValue": BYTES[storage],
        "perToken": per_token,
        "formula": words.GROWTH_FORMULA[live].format(
            values=config.cached_values, value=f"{BYTES[storage]:g}"
        ),
        "steps": {names.get(name, name): x.tolist() for name, x in grown.steps.items()},
        "next": [listed(*row) for row in zip(grown.next_ids, grown.next, strict=True)],
        "forgotten": [
            {"count": int(count), "next": listed(ids, chances)}
            for count, ids, chances in zip(
                grown.forgotten, grown.forgotten_ids, grown.forgotten_next, strict=True
            )
        ],
    }


def jump(grown: list[Growth]) -> tuple[list[dict[str, Any]], str]:
    """(rectangles to scale, the arithmetic behind them) for 100,000 tokens."""
    r1 = PUBLISHED["DeepSeek-V3 / R1"]
    shape, layers = r1.latent, r1.num_hidden_layers
    assert shape is not None
    heads = without_latent(r1, words.JUMP_MHA).row(STORAGES["bfloat16"]).value()
    latent = r1.row(STORAGES["bfloat16"]).value()
    sizes = [(words.JUMP_MHA, heads, palette.K), (words.JUMP_MLA, latent, palette.LATENT)]
    for one in grown:
        config = one.trace.config
        per_token = config.cached_values * BYTES_BFLOAT16
        sizes.append((one.trace.model, per_token, palette.of_model(one.trace.model)))
    squares = [
        {
            "name": name,
            "bytes": per_token * JUMP_TOKENS,
            "told": f"{per_token * JUMP_TOKENS / 1e9:,.1f} GB",
            "colour": colour,
        }
        for name, per_token, colour in sizes
    ]
    told = words.JUMP_ARITHMETIC.format(
        h=shape.heads, v=shape.v_head_dim, c=shape.kv_lora_rank, r=shape.qk_rope_head_dim,
        layers=layers, value=BYTES_BFLOAT16,
        heads=heads, latent=latent, tokens=JUMP_TOKENS,
        heads_all=heads * JUMP_TOKENS / 1e9, latent_all=latent * JUMP_TOKENS / 1e9,
        ratio=heads / latent,
    )  # fmt: skip
    return squares, told


def counted_law(grown: Growth) -> str:
    """The law that the counted steps of this text obey, with its numbers."""
    law = grown.law()
    if law is None:
        return ""
    (fixed, slope), (straight, bend) = law
    return words.COUNTED_LAW.format(
        model=grown.trace.model, fixed=fixed, slope=slope, straight=straight, bend=bend
    )


def measured_laws(bench: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """(lines and points of the recorded benchmark, what was fitted, in words)."""
    models = [name for name in catalogue.MODELS if name in bench]
    laws = [
        {
            "name": name,
            "colour": palette.of_model(name),
            "tokens": bench[name]["tokens"],
            "ms": bench[name]["ms"],
            "msFull": bench[name]["ms_full"],
            "law": {"ms": bench[name]["law"]["ms"], "msFull": bench[name]["law"]["ms_full"]},
        }
        for name in models
    ]
    fits = [
        words.FITTED_LAW.format(
            model=name, a=bench[name]["law"]["ms"][0], b=bench[name]["law"]["ms"][1],
            c=bench[name]["law"]["ms_full"][0], d=bench[name]["law"]["ms_full"][1],
            e=bench[name]["law"]["ms_full"][2],
        )
        for name in models
    ]  # fmt: skip
    return laws, "\n".join([*fits, words.FITTED_ON.format(**bench)])


def pace(grown: list[Growth], bench: Mapping[str, Any]) -> str:
    """Whose steps take longer here, and why where the numbers say why: as a sentence.

    By the median of the steps that have been measured. A reason is given only where the slower one
    neither reads more nor multiplies more, and makes more products: then those are what is left.
    """
    if len(grown) < 2 or any(len(one.steps["seconds"]) < LEAST_STEPS for one in grown):
        return ""
    middle = {
        name: [float(np.median(one.steps[name][1:])) for one in grown]
        for name in ("seconds", "macs", "read")
    }
    slow = int(np.argmax(middle["seconds"]))
    fast = 1 - slow
    models = [one.trace.model for one in grown]
    if middle["seconds"][slow] < CLEARLY * middle["seconds"][fast]:
        return ""
    told = words.PACE.format(
        slow=models[slow], slow_ms=1000 * middle["seconds"][slow],
        fast=models[fast], fast_ms=1000 * middle["seconds"][fast], device=grown[slow].trace.device,
    )  # fmt: skip
    products = [bench.get(model, {}).get("products", 0) for model in models]
    no_more_work = middle["macs"][slow] <= ABOUT * middle["macs"][fast]
    reads_less = middle["read"][slow] <= middle["read"][fast]
    if all(products) and no_more_work and reads_less and products[slow] > products[fast]:
        told += words.PACE_PRODUCTS.format(
            macs=middle["macs"][slow] / middle["macs"][fast],
            reads=middle["read"][fast] / middle["read"][slow],
            slow=products[slow], fast=products[fast],
        )  # fmt: skip
    return told


def cache_grows(
    grown: list[Growth],
    heads: list[tuple[int, int]],
    bench: Mapping[str, Any],
    *,
    tokenizer: Tokenizer,
    view: View,
    origin: tuple[int | None, int],
    may_grow: bool,
    source: str,
    on: On,
) -> None:
    """Draws the page.

    Args:
        grown: of both models.
        heads: (layer, head) of each.
        bench: assets/bench/growth.json.
        origin: (tokens known, or None for the prompt alone; a number that forces a jump).
        may_grow: whether a step past the last token asks for more.
        on: "step" and "more" ([tokens, `state.subject`]: where the reader rests, and how far they
            want the text to go), "head" ([model, layer, head]), "option" ([name, value]).
    """
    squares, arithmetic = jump(grown)
    laws, fits = measured_laws(bench)
    data = {
        "sides": [
            side(one, tokenizer, head, view.cache_dtype)
            for one, head in zip(grown, heads, strict=True)
        ],
        "prompt": view.prompt,
        "subject": subject(view),
        "tokens": origin[0],
        "jump": origin[1],
        "mayGrow": may_grow,
        "cached": view.cached,
        "storage": view.cache_dtype,
        "storages": common.STORAGES,
        "temperature": view.temperature,
        "maxTemperature": View.temperature.high,
        "forget": view.forget,
        "ranges": limits(View.temperature, View.top_k, View.forget),
        "topK": view.top_k,
        "seed": view.seed,
        "jump_": squares,
        "arithmetic": arithmetic,
        "laws": laws,
        "fits": "\n".join([*filter(None, map(counted_law, grown)), fits]),
        "pace": pace(grown, bench),
        "source": source,
        "words": words.GROWTH,
        "colours": {
            "signed": palette.SIGNED, "weights": palette.WEIGHTS, "grey": palette.READ
        },
    }  # fmt: skip
    mount(key="cache_grows", data=data, on=on)
