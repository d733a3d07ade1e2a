"""What components show in these tests: recorded runs, through each component's own Python."""

from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

import ui.components.every_head as every_head_component
import ui.components.inside_one_head as inside_component
import ui.components.prompt_bar as prompt_bar_component
import ui.components.side_by_side as side_by_side_component
from mla_core.experiments.every_head import Ablation
from mla_core.experiments.inside_one_head import Anatomy
from mla_core.models.locate import ASSETS, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from mla_core.records.trace import Trace
from ui.state.parameters import View
from ui.words.en import common

MODELS = ("mini-gpt2", "mini-mla")
HEADS = {"mini-gpt2": (3, 3), "mini-mla": (1, 4)}  # that the flag's recordings look inside
BLUE = 2  # tokens of every vocabulary; which one matters to no test


def path(file: str) -> str:
    return str(ASSETS / "traces" / file)


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
    shown = View("side_by_side", {"temperature": "1"} | query)
    sides = [
        component.side(trace, tokenizer(), HEADS[trace.model], "recorded") for trace in traces()
    ]
    for side in sides:
        side["tokens"] = side["tokens"][:tokens]
    return handed(
        component, component.side_by_side, sides,
        prompt=shown.prompt, origin=(step, jump), view=shown, may_grow=tokens is not None, on={},
    )  # fmt: skip


def every_head(shown: list[Trace] | None = None, *, corresponds: bool = False, **query: str) -> Any:
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
        view=View("every_head", query), on={},
    )  # fmt: skip


def inside_one_head(model: str = "mini-gpt2", **query: str) -> Any:
    shown = View("inside_one_head", {"attention": "MLA" if model == "mini-mla" else "MHA"} | query)
    return handed(
        inside_component, inside_component.inside_one_head, anatomy(model), tokenizer(),
        attentions=list(common.ATTENTIONS.items()), view=shown, origin=(shown.stage, 1),
        source="recorded", on={},
    )  # fmt: skip


def anatomy(model: str) -> Anatomy:
    return Anatomy.load(path(f"flag.{model}.inside.npz"))
