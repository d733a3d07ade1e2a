"""Every head in a bare page: the tiles, the orders, the keys, and the head that is shown large."""

import re

import pytest
from playwright.sync_api import Locator, expect

from mla_core.experiments.latent_compression import Comparison
from mla_core.records.trace import Trace
from tests.components import recorded
from tests.components.bare import Bare

HEADS_IN_ROW = 8
EDGE = 30  # left of the tiles of a layer
TOP = 22


def open_it(bare: Bare, **options: str) -> Locator:
    return bare.show("every_head", recorded.every_head(**options))


def converted() -> list[Trace]:
    original = Trace.load(recorded.path("flag.mini-gpt2.npz"))
    return [original, Comparison.load(recorded.path("flag.mini-gpt2@64.npz")).trace]


def tile(shown: Locator, column: int, layer: int, head: int) -> dict[str, float]:
    """The middle of a head's tile in the order by layer."""
    width = shown.locator(".heads canvas").nth(column).bounding_box()["width"]
    size = int((width - EDGE) / HEADS_IN_ROW)
    return {"x": EDGE + (head + 0.5) * size, "y": TOP + (layer + 0.5) * size}


def test_a_click_shows_that_head_large_and_tells_it(bare):
    shown = open_it(bare)
    expect(shown.locator(".which")).to_have_text(re.compile("Layer 1, head 4.*mini-mla"))
    shown.locator(".heads canvas").nth(0).click(position=tile(shown, 0, 5, 0))
    expect(shown.locator(".which")).to_have_text(re.compile("Layer 5, head 0.*mini-gpt2"))
    assert bare.events() == [["head", ["mini-gpt2", 5, 0]]]
    shown.locator(".enter").click()
    assert bare.events("enter") == [["mini-gpt2", 5, 0]]


def test_a_tile_tells_its_exact_values_and_its_effect(bare):
    shown = open_it(bare)
    shown.locator(".heads canvas").nth(1).hover(position=tile(shown, 1, 1, 4))
    text = shown.locator(".heads .tip").nth(1).inner_text()
    told = re.search(
        r"layer 1, head 4.*\n(\d+)·.* → (\d+)·.*: ([\d.]+)\n.*90.0 % to ([\d.]+) %", text
    )
    assert told is not None, text
    query, key, value, left = told.groups()
    trace = recorded.traces()[1]
    assert float(value) == pytest.approx(trace.pattern[1, 4, int(query), int(key)], abs=2e-6)
    change = -0.5 + 0.6 * (1 * HEADS_IN_ROW + 4) / (trace.pattern[..., 0, 0].size - 1)
    assert float(left) == pytest.approx(100 * (0.9 + change), abs=0.06)


def test_hiding_the_first_token_scales_the_rows_back(bare):
    shown = open_it(bare)
    shown.get_by_label("Hide the first token").check()
    assert bare.events() == [["option", ["first_token", "hidden"]]]
    shown.locator(".heads canvas").nth(1).hover(position=tile(shown, 1, 1, 4))
    text = shown.locator(".heads .tip").nth(1).inner_text()
    query, key, value = re.search(r"(\d+)·.* → (\d+)·.*: ([\d.]+)", text).groups()
    row = recorded.traces()[1].pattern[1, 4, int(query)]
    assert float(value) == pytest.approx(row[int(key)] / (1 - row[0]), abs=2e-6)


def test_an_order_and_a_kind_are_drawn_at_once_and_told(bare):
    shown = open_it(bare, order="kind")
    canvas = shown.locator(".heads canvas").first
    by_kind = canvas.bounding_box()["height"]
    shown.locator("select.order").select_option("layer")
    assert canvas.bounding_box()["height"] < by_kind
    before = canvas.evaluate("c => c.toDataURL()")
    shown.locator("select.kind").select_option("sink")
    assert canvas.evaluate("c => c.toDataURL()") != before
    shown.locator("select.order").select_option("effect")
    told = [["order", "layer"], ["kind", "sink"], ["order", "effect"]]
    assert bare.events("option") == told


def test_before_the_effects_are_measured_nothing_is_ordered_by_them(bare):
    data = recorded.every_head()
    for side in data["sides"]:
        side["change"] = None
    shown = bare.show("every_head", data)
    assert shown.locator("select.order option[value=effect]").is_disabled()
    expect(shown.locator(".effect")).to_have_text(data["words"]["measuring"])


def test_arrows_and_enter_choose_from_a_fresh_page(bare):
    shown = open_it(bare)
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown"):
        bare.page.keyboard.press(key)
    bare.page.keyboard.press("Enter")  # from layer 1, head 4
    expect(shown.locator(".which")).to_contain_text("Layer 2, head 6")
    shown.locator(".heads canvas").first.focus()
    for key in ("ArrowUp", "Enter"):
        bare.page.keyboard.press(key)  # from layer 3, head 3
    assert bare.events("head") == [["mini-mla", 2, 6], ["mini-gpt2", 2, 3]]


def test_the_difference_of_a_conversion(bare):
    data = recorded.every_head(converted(), corresponds=True, pair="same", compare="difference")
    shown = bare.show("every_head", data)
    expect(shown.locator("label.pairwise")).to_be_visible()
    shown.locator(".heads canvas").nth(1).click(position=tile(shown, 1, 4, 4))
    expect(shown.locator(".which")).to_contain_text("mini-gpt2@64 minus the original")
    expect(shown.locator(".legend")).to_contain_text("+0.5")
    original, latent = (trace.pattern[4, 4] for trace in converted())
    shown.locator(".large canvas").hover(position={"x": 130, "y": 130})
    tip = shown.locator(".large .tip").inner_text()
    query, key, value = re.search(r"(\d+)·.* → (\d+)·.*: (-?[\d.]+)", tip).groups()
    place = int(query), int(key)
    assert float(value) == pytest.approx(latent[place] - original[place], abs=2e-6)


def test_models_that_do_not_correspond_have_no_difference(bare):
    expect(open_it(bare).locator("label.pairwise")).to_be_hidden()
