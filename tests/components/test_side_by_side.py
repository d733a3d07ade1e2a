"""The two columns in a bare page: each step, the player, the options and what Python hears."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

import ui.components.side_by_side as component
from tests.components import recorded

PROMPT_TOKENS = 10  # of the flag


def data(*, jump: int = 1, step: int | None = None, tokens: int | None = None, **query: str) -> Any:
    """The flag, recorded; with `tokens`, the text ends there and may grow."""
    view = recorded.view(**query)
    sides = [
        component.side(trace, recorded.tokenizer(), recorded.HEADS[trace.model], "recorded")
        for trace in recorded.traces()
    ]
    for side in sides:
        side["tokens"] = side["tokens"][:tokens]
    return recorded.handed(
        component, component.side_by_side, sides,
        prompt=view.prompt, origin=(step, jump), view=view, may_grow=tokens is not None, on={},
    )  # fmt: skip


def step_of(shown: Locator) -> int:
    return int(shown.locator(".scrub").input_value())


def chosen(shown: Locator, column: int = 0) -> int:
    """Which token is marked, counted from 1."""
    chips = shown.locator(".chips").nth(column).locator(".chip")
    return 1 + chips.evaluate_all("all => all.findIndex(c => c.classList.contains('now'))")


def test_a_step_decides_everything(bare):
    shown = bare.show("side_by_side", data())
    assert step_of(shown) == chosen(shown) == PROMPT_TOKENS
    expect(shown.locator(".bars").first.locator("code").first).to_have_text("␣blue")
    press = lambda name: shown.locator(f".transport .{name}").click()  # noqa: E731
    press("reset")
    assert step_of(shown) == chosen(shown, 1) == 1
    expect(shown.locator(".cache h3 span").first).to_have_text("16,384 B")
    press("next"), press("next")
    assert step_of(shown) == chosen(shown) == 3
    expect(shown.locator(".cache h3 span").first).to_have_text("49,152 B")
    press("back")
    assert step_of(shown) == 2
    shown.locator(".scrub").fill("15")
    assert chosen(shown) == 15
    shown.locator(".chip").nth(3).click()
    assert step_of(shown) == chosen(shown, 1) == 4
    bare.expect_event("step", [4, data()["subject"]])


def test_the_picture_shows_the_pattern(bare):
    drawn = data()
    shown = bare.show("side_by_side", drawn)
    for side in (0, 1):
        canvas = shown.locator("canvas").nth(side)
        assert canvas.evaluate(PAINTED) > 2000
        canvas.hover(position={"x": 130, "y": 130})
        tip = shown.locator(".tip").nth(side)
        told = re.search(r"(\d+)·.* → (\d+)·.*: ([\d.]+)", tip.inner_text())
        assert told is not None
        query, key, value = told.groups()
        pattern = recorded.traces()[side].pattern[
            tuple(drawn["sides"][side][k] for k in ("layer", "head"))
        ]
        assert float(value) == pytest.approx(pattern[int(query), int(key)], abs=6e-5)


PAINTED = """c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data
  .filter((v, i) => i % 4 === 3 && v > 0).length"""
