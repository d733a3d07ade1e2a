"""Who shares keys and values with whom: drawings, caches, losses, predictions, patterns."""

import statistics
from collections.abc import Mapping
from typing import Any

from mla_core.experiments.sharing_heads import Overview
from mla_core.models.tokenizer import Tokenizer
from mla_core.training.recipe import CONFIGS, FURTHER, HEADS, LAYERS
from ui.components import On, bytes64, component
from ui.figures import palette
from ui.show.labels import token_labels, token_name
from ui.words.en import common
from ui.words.en import sharing_heads as words

mount = component("sharing_heads")
Runs = list[dict[str, Any]]
Losses = dict[str, Any]  # assets/bench/held_out.json
BYTES_FLOAT32 = 4
SHAPES = {"MHA": "circle", "GQA": "square", "MQA": "triangle", "MLA": "diamond"}
# where a label stands off its mark, so that none lies on another: on the left, so much lower
ON_THE_LEFT = ("mini-mla-32", "mini-mla", "mini-mla-wide", "mini-mha")
LOWER = {"mini-mha": -20, "mini-mqa": -8, "mini-mqa-wide": 24}


def runs_of(runs: Runs, model: str) -> list[float]:
    """The losses of a model, seed by seed."""
    return [run["nats_per_token"] for run in runs if run["model"] == model]


def numbers_of(runs: Runs, model: str) -> int:
    """What a token leaves in the cache of one layer."""
    return next(run["cached_values"] for run in runs if run["model"] == model) // LAYERS


def kind_of(model: str) -> str:
    config = (CONFIGS | FURTHER)[model]
    if config["model_type"] != "llama":
        return "MLA"
    return {HEADS: "MHA", 1: "MQA"}.get(config["num_key_value_heads"], "GQA")


def label_of(model: str, *, brief: bool = False) -> str:
    """What a point is called: its kind, and what sets it apart."""
    config = (CONFIGS | FURTHER)[model]
    form = (words.BRIEF_NAMES if brief else words.POINT_NAMES)[kind_of(model)]
    wide = words.WIDER if model.endswith("-wide") else ""
    return form.format(
        groups=config["num_key_value_heads"], c=config.get("kv_lora_rank"),
        r=config.get("qk_rope_head_dim"),
    ) + wide  # fmt: skip


def drawn_parts(model: str) -> tuple[int, list[dict[str, Any]]]:
    """(boxes in the cache, 0 for a latent; what is in each, as wide as its numbers)."""
    config = (CONFIGS | FURTHER)[model]
    if kind_of(model) == "MLA":
        sizes = {"c_kv": config["kv_lora_rank"], "k_rope": config["qk_rope_head_dim"]}
        groups = 0
    else:
        sizes = dict.fromkeys(("k", "v"), config["head_dim"])
        groups = config["num_key_value_heads"]
    return groups, [
        {
            "name": common.CACHE_PARTS[name],
            "numbers": numbers,
            "colour": palette.CACHE_PARTS[name],
        }
        for name, numbers in sizes.items()
    ]


def own_loss(runs: Runs, shipped: Losses, model: str, *, seen: bool) -> list[str] | None:
    """(name, value, more) of the loss of the very model whose patterns are shown, if any are."""
    if model in shipped["models"]:
        loss = shipped["models"][model]["nats_per_token"]
        told = words.FACT_LOSS_SHIPPED.format(**shipped["made"])
    elif not seen:
        return None
    else:
        kept = next(run for run in runs if run["model"] == model)  # `repeat` keeps the first seed
        loss, told = kept["nats_per_token"], words.FACT_LOSS_KEPT.format(**kept)
    return [words.FACT_LOSS, f"{loss:.4f}", told]


def facts(runs: Runs, shipped: Losses, model: str, *, seen: bool) -> list[list[str]]:
    """(name, value, more) of what was measured."""
    numbers, losses = numbers_of(runs, model), runs_of(runs, model)
    most = numbers_of(runs, "mini-mha")
    one = next(run for run in runs if run["model"] == model)
    own = own_loss(runs, shipped, model, seen=seen)
    return [
        [
            words.FACT_CACHE,
            words.FACT_NUMBERS.format(numbers=numbers),
            words.FACT_BYTES.format(nbytes=numbers * LAYERS * BYTES_FLOAT32, layers=LAYERS)
            + (words.FACT_RATIO.format(ratio=most / numbers) if most > numbers else ""),
        ],
        *([own] if own else []),
        [words.FACT_PARAMETERS, f"{one['parameters']:,}", ""],
        [
            words.FACT_RUNS,
            f"{statistics.mean(losses):.4f} ± {statistics.stdev(losses):.4f}",
            words.FACT_SEEDS.format(
                steps=one["steps"], seeds=", ".join(f"{loss:.4f}" for loss in losses)
            ),
        ],
    ]


def card(
    model: str,
    runs: Runs,
    shipped: Losses,
    seen: Overview | None,
    layer: int,
    tokenizer: Tokenizer,
    source: str,
) -> dict[str, Any]:
    """One model: who shares what, what it costs, and, where it ran this text, what it did."""
    kind = kind_of(model)
    groups, parts = drawn_parts(model)
    data: dict[str, Any] = {
        "model": model,
        "title": label_of(model),
        "colour": palette.KIND[kind],
        "definition": words.DEFINITIONS[kind].format(groups=groups, each=HEADS // max(groups, 1)),
        "heads": HEADS,
        "groups": groups,
        "parts": parts,
        "told": words.DRAWING.format(
            kind=label_of(model), heads=HEADS, numbers=numbers_of(runs, model)
        ),
        "facts": facts(runs, shipped, model, seen=seen is not None),
        "source": source,
        "next": None,
    }
    if seen is not None:
        data["next"] = [
            [token_name(int(i), tokenizer, seen.trace.config), float(p)]
            for i, p in zip(seen.next_ids[:5], seen.next[:5], strict=True)
        ]
        data["tokens"] = token_labels(seen.trace, tokenizer)
        data["pattern"] = bytes64(seen.trace.pattern[layer])
    return data


def points(runs: Runs) -> list[dict[str, Any]]:
    """Every model that was trained, as a point of loss against cache."""
    models = list(dict.fromkeys(run["model"] for run in runs))
    return [
        {
            "model": model,
            "label": label_of(model),
            "brief": label_of(model, brief=True),
            "numbers": numbers_of(runs, model),
            "losses": runs_of(runs, model),
            "mean": statistics.mean(runs_of(runs, model)),
            "colour": palette.KIND[kind_of(model)],
            "shape": SHAPES[kind_of(model)],
            "hollow": model.endswith("-wide"),
            "lower": LOWER.get(model, 0),
            "side": "right" if model in ON_THE_LEFT else "left",
        }
        for model in models
    ]


def headline(runs: Runs) -> str:
    """What the comparison comes to, from its numbers: MLA's neighbours in loss and in cache."""
    mean = {point["model"]: point["mean"] for point in points(runs)}
    spread = max(statistics.stdev(runs_of(runs, model)) for model in mean)
    others = [model for model in mean if kind_of(model) != "MLA" and not model.endswith("-wide")]
    ours = mean["mini-mla"]
    equal = [model for model in others if mean[model] <= ours + spread]
    as_good = min(equal, key=lambda model: numbers_of(runs, model))
    numbers = numbers_of(runs, "mini-mla")
    larger = [model for model in others if numbers_of(runs, model) > numbers]
    worse = min(larger, key=lambda model: numbers_of(runs, model))
    return words.SHARING_HEADLINE.format(
        runs=len(runs), steps=runs[0]["steps"], numbers=numbers, loss=ours,
        good=label_of(as_good), good_numbers=numbers_of(runs, as_good), good_loss=mean[as_good],
        worse=label_of(worse), worse_numbers=numbers_of(runs, worse), worse_loss=mean[worse],
    )  # fmt: skip


def sharing_heads(
    cards: list[dict[str, Any]],
    chosen: dict[str, Any],
    runs: Runs,
    *,
    layer: int,
    source: str,
    on: On,
) -> None:
    """Draws the page.

    Args:
        cards: from `card`, of the four kinds.
        chosen: the same, of the chosen point.
        runs: assets/bench/sharing.jsonl.
        layer: whose patterns are drawn.
        on: "option" ([name, value]).
    """
    data: Mapping[str, Any] = {
        "cards": cards,
        "chosen": chosen,
        "points": points(runs),
        "headline": headline(runs),
        "layer": layer,
        "layers": LAYERS,
        "source": source,
        "words": words.SHARING_STAGE
        | {"scatterAbout": words.SHARING_STAGE["scatterAbout"].format(**runs[0])},
        "colours": {
            "weights": palette.WEIGHTS, "latent": palette.LATENT, "Q": palette.Q, "V": palette.V
        },
    }  # fmt: skip
    mount(key="sharing_heads", data=data, on=on)
