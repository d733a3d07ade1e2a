"""What components show in these tests: recorded runs, through each component's own Python."""

from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import streamlit as st

import ui.components.absorption as absorption_component
import ui.components.cache_grows as cache_grows_component
import ui.components.every_head as every_head_component
import ui.components.exports as exports_component
import ui.components.gpu_memory as gpu_memory_component
import ui.components.inside_one_head as inside_component
import ui.components.latent_compression as latent_compression_component
import ui.components.pattern_wall as pattern_wall_component
import ui.components.position as position_component
import ui.components.prompt_bar as prompt_bar_component
import ui.components.sharing_heads as sharing_heads_component
import ui.components.side_by_side as side_by_side_component
from mla_core.experiments.absorption import Paths
from mla_core.experiments.cache_grows import Growth
from mla_core.experiments.deepseeks_scale import PatternWall
from mla_core.experiments.every_head import Ablation
from mla_core.experiments.inside_one_head import Anatomy
from mla_core.experiments.latent_compression import Comparison, Compression
from mla_core.experiments.position import Entangled, Moved
from mla_core.experiments.sharing_heads import Overview
from mla_core.models.locate import ASSETS, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from mla_core.records.trace import Trace
from ui import catalogue
from ui.jobs.recordings import recorded_bench, recorded_runs
from ui.state.parameters import View
from ui.words.en import common

MODELS = ("mini-gpt2", "mini-mla")
HEADS = {"mini-gpt2": (3, 3), "mini-mla": (1, 4)}  # that the flag's recordings look inside
BLUE = 2  # tokens of every vocabulary; which one matters to no test


def path(file: str) -> Path:
    return ASSETS / "traces" / file


def view(chapter: catalogue.Chapter, **query: object) -> View:
    """What a link says to a chapter."""
    return View(chapter, {name: str(value) for name, value in query.items()})


def traces(prompt: str = "flag") -> list[Trace]:
    return [Trace.load(path(f"{prompt}.{model}.npz")) for model in MODELS]


def tokenizer() -> Tokenizer:
    return open_tokenizer(locate("mini-mla"))


def handed(component: ModuleType, draw: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
    """The data that a component's function hands to the browser."""
    with mock.patch.object(component, "mount") as mount:
        draw(*arguments, **options)
    data: dict[str, Any] = mount.call_args.kwargs["data"]
    return data


def prompt_bar(*, prompt: str = "The flag", draft: str | None = None, **more: Any) -> Any:
    return handed(
        prompt_bar_component, prompt_bar_component.prompt_bar,
        prompt=prompt, draft=prompt if draft is None else draft, on={},
        words={"label": "Text", "run": "Run", "help": "Enter", "try": "or try", "uncut": "Back"},
        ready_made=[["A story", "Once upon"], ["Days", "Monday, Tuesday,"]],
        **{"note": "3 of 128 tokens", "problem": False, "cut": None} | more,
    )  # fmt: skip


def side_by_side(
    *, step: int | None = None, jump: int = 1, tokens: int | None = None, **query: str
) -> Any:
    """The flag; with `tokens`, only so many are there yet and more may be asked for."""
    component = side_by_side_component
    shown = view("side_by_side", **{"temperature": 1} | query)
    sides = [
        component.side(trace, tokenizer(), HEADS[trace.model], "recorded") for trace in traces()
    ]
    for side in sides:
        side["tokens"] = side["tokens"][:tokens]
    return handed(
        component, component.side_by_side, sides,
        prompt=shown.prompt, origin=(step, jump), view=shown, may_grow=tokens is not None, on={},
    )  # fmt: skip


def every_head(
    shown: list[Trace] | None = None, *, corresponds: bool = False, **query: object
) -> Any:
    """The flag's heads, each with an effect of its own; with `shown`, those of two other runs."""
    component = every_head_component
    pair = shown or traces()
    effects = [
        Ablation(BLUE, 0.9, np.linspace(-0.5, 0.1, trace.pattern[..., 0, 0].size)
                 .reshape(trace.pattern.shape[:2]))
        for trace in pair
    ]  # fmt: skip
    sides = [
        component.side(trace, effect, tokenizer(), "recorded", range(len(trace.pattern)))
        for trace, effect in zip(pair, effects, strict=True)
    ]
    heads = [HEADS.get(trace.model, HEADS["mini-gpt2"]) for trace in pair]
    return handed(
        component, component.every_head, sides,
        headline="Look", corresponds=corresponds, origin=(heads, 1),
        view=view("every_head", **query), on={},
    )  # fmt: skip


def inside_one_head(model: str = "mini-gpt2", *, way: str | None = None, **query: object) -> Any:
    """A head of the flag; by `way`, or as its model's recording has it."""
    way = way or ("MHA" if model == "mini-gpt2" else "naive")
    shown = view("inside_one_head", **{"attention": way} | query)
    found = anatomy(model, absorbed=way == "absorbed")
    return handed(
        inside_component, inside_component.inside_one_head, found, tokenizer(),
        attentions=list(common.ATTENTIONS.items()), attention=way, view=shown,
        origin=(shown.stage, 1), source="recorded", on={},
    )  # fmt: skip


def anatomy(model: str, *, absorbed: bool = False) -> Anatomy:
    return Anatomy.load(path(f"flag.{model}.inside{'.absorbed' * absorbed}.npz"))


def grown() -> list[Growth]:
    return [Growth.load(path(f"flag.{model}.grown.npz")) for model in MODELS]


def cache_grows(
    *, step: int | None = None, jump: int = 1, tokens: int | None = None, **query: str
) -> Any:
    """The flag as it grows; with `tokens`, only so many are there yet and more may be asked for."""
    data = handed(
        cache_grows_component, cache_grows_component.cache_grows, grown(),
        [HEADS[model] for model in MODELS], recorded_bench("growth"),
        tokenizer=tokenizer(), view=view("cache_grows", **query), origin=(step, jump),
        may_grow=tokens is not None, source="recorded", on={},
    )  # fmt: skip
    for side in data["sides"] if tokens else []:
        steps = tokens + 1 - side["steps"]["tokens"][0]
        side["steps"] = {name: values[:steps] for name, values in side["steps"].items()}
    return data


def sharing_heads(*, point: str = "mini-mla", layer: int = 3) -> Any:
    """The four kinds on the flag, and a point that did not run it unless it is one of them."""
    component = sharing_heads_component
    runs = recorded_runs()

    def card(model: str, seen: Overview | None) -> Any:
        shipped = recorded_bench("held_out")
        return component.card(model, runs, shipped, seen, layer, tokenizer(), "recorded")

    cards = {model: card(model, glanced(model)) for model in catalogue.FAMILY}
    return handed(
        component, component.sharing_heads, list(cards.values()),
        cards.get(point) or card(point, None), runs, layer=layer, source="recorded", on={},
    )  # fmt: skip


def glanced(model: str) -> Overview:
    return Overview.load(path(f"flag.{model}.overview.npz"))


def latent_compression(*, head: tuple[int, int] = (3, 3), **query: object) -> Any:
    component = latent_compression_component
    return handed(
        component, component.latent_compression, *compressed(), tokenizer=tokenizer(), head=head,
        view=view("latent_compression", **query), fails="A head fails.", source="recorded", on={},
    )  # fmt: skip


def compressed() -> tuple[Trace, Comparison, Compression]:
    """(the flag before, after, what the conversion keeps and loses)."""
    name = "mini-gpt2@64"
    after = Comparison.load(path(f"flag.{name}.npz"))
    return traces()[0], after, Compression.load(path(f"{name}.npz"))


def absorption(**query: object) -> Any:
    component = absorption_component
    return handed(
        component, component.absorption, Paths.load(path("flag.mini-mla.absorbed.npz")), tokenizer(),
        view=view("absorption", **query), source="recorded", on={},
    )  # fmt: skip


def position(**query: object) -> Any:
    component = position_component
    return handed(
        component, component.position, moved(), [HEADS[model] for model in MODELS],
        Entangled.load(path("flag.mini-mla.entangled.npz")), tokenizer=tokenizer(),
        view=view("position", **query), source="recorded", on={},
    )  # fmt: skip


def moved() -> list[Moved]:
    return [Moved.load(path(f"flag.{model}.moved.npz")) for model in MODELS]


def pattern_wall() -> Any:
    return handed(pattern_wall_component, pattern_wall_component.pattern_wall, wall())


def wall() -> PatternWall:
    return PatternWall.load(path("pattern_wall.npz"))


def gpu_memory() -> Any:
    """A frame with many sequences, one with few, one that not even the weights fit into."""
    component = gpu_memory_component
    sizes = [(600.0, 2.0, 200), (600.0, 130.0, 3), (1_200.0, 2.0, -1)]
    frames = [
        component.Frame(f"Model {i}", "#d55e00", 1_000e9, weights * 1e9, cache * 1e9, count)
        for i, (weights, cache, count) in enumerate(sizes)
    ]
    return handed(component, component.gpu_memory, frames, tokens=32_768, alt="frames")


def exports() -> Any:
    component = exports_component
    with mock.patch.object(st, "plotly_chart"):
        return handed(component, component.chart, None, "one", alt="one", table=[["a"], [1]])
