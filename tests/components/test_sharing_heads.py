"""Who shares what, in a bare page: the points open their models, the patterns tell their values."""

import re

import pytest
from playwright.sync_api import expect

from tests.components import recorded


def test_every_model_is_a_point_that_opens_it(bare):
    data = recorded.sharing_heads()
    shown = bare.show("sharing_heads", data)
    buttons = shown.locator(".plot button")
    expect(buttons).to_have_count(len(data["points"]))
    for i, point in enumerate(data["points"]):
        buttons.nth(i).press("Enter")  # some marks lie on others
        bare.expect_event("option", ["point", point["model"]])
    pressed = shown.get_by_role("button", pressed=True)
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_accessible_name(re.compile(r"^MLA, .*: 80 numbers"))


def test_the_keyboard_stays_on_its_point(bare):
    shown = bare.show("sharing_heads", recorded.sharing_heads())
    shown.locator(".plot button").nth(3).focus()
    bare.show("sharing_heads", recorded.sharing_heads(point="mini-mla-16"))
    assert shown.locator(".plot button").nth(3).evaluate("b => b.getRootNode().activeElement === b")
    expect(shown.locator(".chosen h2 small")).to_have_text("mini-mla-16")
    expect(shown.locator(".chosen canvas")).to_have_count(0)  # it did not run this text


def test_a_mark_lies_where_its_loss_and_its_cache_say(bare):
    data = recorded.sharing_heads()
    shown = bare.show("sharing_heads", data)
    places = shown.locator(".plot button").evaluate_all(
        "all => all.map(b => [parseFloat(b.style.left), parseFloat(b.style.top)])"
    )
    points = [
        (p, x, y) for p, (x, y) in zip(data["points"], places, strict=True) if not p["hollow"]
    ]
    by_loss = sorted(points, key=lambda one: one[0]["mean"])
    assert [y for *_, y in by_loss] == sorted((y for *_, y in points), reverse=True)
    by_cache = sorted(points, key=lambda one: one[0]["numbers"])
    assert [x for _, x, _ in by_cache] == pytest.approx(sorted(x for _, x, _ in points))


def test_a_point_tells_its_runs(bare):
    data = recorded.sharing_heads()
    shown = bare.show("sharing_heads", data)
    shown.locator(".plot button").first.hover()
    tip = shown.locator(".plot .tip")
    expect(tip).to_be_visible()
    for loss in data["points"][0]["losses"]:
        expect(tip).to_contain_text(f"{loss:.4f}")
    shown.locator("h2").first.hover()
    expect(tip).to_be_hidden()


def test_the_patterns_tell_their_values(bare):
    shown = bare.show("sharing_heads", recorded.sharing_heads(layer=3))
    canvas = shown.locator(".cards canvas").nth(3)
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 30, "y": 60})
    told = re.fullmatch(
        r"head (\d): (\d+)·.* → (\d+)·.*: ([\d.]+)",
        shown.locator(".cards .tip").nth(3).inner_text(),
    )
    assert told is not None
    head, query, key = (int(told[k]) for k in (1, 2, 3))
    pattern = recorded.glanced("mini-mla").trace.pattern
    assert float(told[4]) == pytest.approx(pattern[3, head, query, key], abs=6e-5)


def test_another_layer_is_told(bare):
    shown = bare.show("sharing_heads", recorded.sharing_heads())
    shown.locator("select.layer").select_option("5")
    assert bare.events() == [["option", ["layer", 5]]]
