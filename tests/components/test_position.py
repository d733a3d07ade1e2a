"""The text at other positions, in a bare page: the shift, the switch, and what is told."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.components import recorded

SHIFT_200 = 9  # its place on the slider


def says(shown: Locator) -> list[str]:
    return shown.locator(".both .side > p").all_inner_texts()


def test_moving_the_sentence_changes_the_scores_of_one_model_only(bare):
    data = recorded.position()
    shown = bare.show("position", data)
    still = says(shown)
    shown.locator(".shift").fill(str(SHIFT_200))
    assert data["shifts"][SHIFT_200] == 200
    assert "200" in shown.locator(".move output").inner_text()
    for one, text, before, head in zip(
        recorded.moved(), says(shown), still, recorded.HEADS.values(), strict=True
    ):
        assert text != before
        seen = np.tril(np.ones(one.scores.shape[-2:], bool))
        apart = np.abs(one.scores[SHIFT_200] - one.scores[0])[head][seen].max()
        told = float(
            re.search(r"(?:by more than|by up to) ([\d.]+(?:e−\d+)?)", text)[1].replace("−", "-")
        )
        assert told == pytest.approx(apart, rel=0.06, abs=1e-9)
        best = one.next[SHIFT_200].max()
        percent = f"{100 * best:.1f}" if best >= 0.995 or best < 0.0995 else f"{100 * best:.0f}"
        assert f"({percent} %)" in text
    bare.expect_event("option", ["shift", 200])


def test_taking_all_positions_away_is_told_and_a_shift_brings_them_back(bare):
    shown = bare.show("position", recorded.position())
    still = says(shown)
    bars = shown.locator(".both .side").nth(1).locator(".bars code").first
    before = bars.inner_text()
    shown.locator(".off").check()
    assert says(shown) != still
    expect(bars).not_to_have_text(before)
    bare.expect_event("option", ["positions", "off"])
    shown.locator(".shift").fill(str(SHIFT_200))
    expect(shown.locator(".off")).not_to_be_checked()
    bare.expect_event("option", ["shift", 200])
    assert bare.events("option") == [["positions", "off"], ["positions", "on"], ["shift", 200]]


def test_a_link_holds_the_shift_and_the_switch(bare):
    shown = bare.show("position", recorded.position(shift=200))
    moved = says(shown)
    expect(shown.locator(".shift")).to_have_value(str(SHIFT_200))
    bare.show("position", recorded.position(shift=190))  # what comes nearest
    assert says(shown) == moved
    bare.show("position", recorded.position(shift=200, positions="off"))
    expect(shown.locator(".off")).to_be_checked()
    assert says(shown) != moved and bare.events() == []


def test_dragging_tells_python_once_where_it_rests(bare):
    bare.stop_clock()
    shown = bare.show("position", recorded.position())
    for place in range(1, SHIFT_200 + 1):
        shown.locator(".shift").fill(str(place))
    bare.show("position", recorded.position())  # an answer to something else
    expect(shown.locator(".shift")).to_have_value(str(SHIFT_200))
    assert bare.events() == []
    bare.page.clock.run_for(1_000)
    assert bare.events() == [["option", ["shift", 200]]]


def test_the_parts_add_up_under_the_pointer(bare):
    shown = bare.show("position", recorded.position())
    told = []
    for which in range(3):
        shown.locator(".sum canvas").nth(which).hover(position={"x": 130, "y": 130})
        tip = shown.locator(".sum .tip").nth(which).inner_text()
        told.append(float(re.search(r": (−?[\d.]+)$", tip)[1].replace("−", "-")))
    content, rope, score = told
    assert score == pytest.approx(content + rope, abs=2e-4)


def test_hiding_the_first_token_takes_its_row_out_and_is_told(bare):
    shown = bare.show("position", recorded.position())
    canvas = shown.locator(".both canvas").first
    height = canvas.bounding_box()["height"]
    shown.locator(".sink").check()
    assert canvas.bounding_box()["height"] < height
    assert bare.events() == [["option", ["first_token", "hidden"]]]


def test_the_absorbed_query_changes_with_the_distance(bare):
    data = recorded.position()
    shown = bare.show("position", data)
    expect(shown.locator(".demonstration tr")).to_have_count(1 + len(data["tokens"]))
    expect(shown.locator(".strips canvas")).to_have_count(len(data["entangled"]["distances"]))
    bare.show("position", data | {"entangled": None})
    expect(shown.locator(".why")).to_be_hidden()
