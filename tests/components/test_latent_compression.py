"""The compression page in a bare page: the slider, the grid, and the numbers that are told."""

import re

import pytest
from playwright.sync_api import expect

from tests.components import recorded
from ui.components import VALUE_BYTES


def test_the_numbers_of_the_dial_follow_the_hand(bare):
    data = recorded.latent_compression()
    shown = bare.show("latent_compression", data)
    layers, nbytes = data["layers"], VALUE_BYTES["float32"]
    for rank in (64, 8, 256):
        shown.get_by_role("slider").fill(str(rank))
        assert shown.locator(".headline").inner_text().startswith(f"{rank} ")
        expect(shown.locator(".rate")).to_contain_text(f"{rank * layers * nbytes:,} B")
        expect(shown.locator(".rate")).to_contain_text(f"{512 / rank:.1f} times")
        bare.expect_event("rank", rank)


def test_many_sizes_in_a_row_end_at_the_last(bare):
    bare.stop_clock()
    shown = bare.show("latent_compression", recorded.latent_compression())
    slider = shown.get_by_role("slider")
    for rank in range(250, 20, -7):
        slider.fill(str(rank))
    assert bare.events("rank") == [250]  # the others wait
    bare.page.clock.run_for(1_000)
    assert bare.events("rank") == [250, rank]
    bare.show("latent_compression", recorded.latent_compression())  # an answer to an older one
    expect(slider).to_have_value(str(rank))
    bare.show("latent_compression", recorded.latent_compression() | {"rank": rank})
    expect(slider).to_have_value(str(rank))
    bare.show("latent_compression", recorded.latent_compression())  # a link
    expect(slider).to_have_value("64")


def test_a_click_on_the_grid_follows_that_head(bare):
    data = recorded.latent_compression()
    shown = bare.show("latent_compression", data)
    grid = shown.locator(".grid canvas")
    grid.scroll_into_view_if_needed()
    cell = min((grid.bounding_box()["width"] - 32) / data["heads"], 34)
    grid.click(position={"x": 30 + 5.5 * cell, "y": 30 + 6.5 * cell})
    assert bare.events() == [["head", ["mini-gpt2", 6, 5]]]
    tip = shown.locator(".grid .tip").inner_text()
    assert re.search(r"\b6\b.*\b5\b", tip) and "%" in tip
    shown = bare.show("latent_compression", recorded.latent_compression(head=(6, 5)))
    expect(shown.locator("select.layer")).to_have_value("6")
    expect(shown.locator("select.head")).to_have_value("5")


def test_options_are_told(bare):
    shown = bare.show("latent_compression", recorded.latent_compression())
    for name, value in (("method", "joint"), ("ranks", "per_layer"), ("measure", "values")):
        shown.locator(f"select.{name}").select_option(value)
        bare.expect_event("option", [name, value])
    shown.locator("select.head").select_option("7")
    bare.expect_event("head", ["mini-gpt2", 3, 7])


def test_before_after_and_difference_tell_exact_values(bare):
    before, after, _ = recorded.compressed()
    shown = bare.show("latent_compression", recorded.latent_compression())
    told = []
    for which in range(3):
        shown.locator(".maps canvas").nth(which).hover(position={"x": 130, "y": 130})
        tip = shown.locator(".maps .tip").nth(which).inner_text()
        found = re.fullmatch(r"(\d+)·.* → (\d+)·.*: (-?[\d.]+)", tip)
        assert found is not None
        told.append(float(found[3]))
    place = (3, 3, int(found[1]), int(found[2]))
    assert told[0] == pytest.approx(before.pattern[place], abs=6e-5)
    assert told[1] == pytest.approx(after.trace.pattern[place], abs=6e-5)
    assert told[2] == pytest.approx(told[1] - told[0], abs=2e-4)


def test_the_latent_tells_its_numbers(bare):
    _, after, _ = recorded.compressed()
    shown = bare.show("latent_compression", recorded.latent_compression())
    canvas = shown.locator(".latent canvas")
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 300, "y": 100})
    tip = shown.locator(".latent .tip").inner_text()
    token = int(re.search(r"(\d+)·", tip)[1])
    column = int(re.search(r"number (\d+)", tip)[1])
    value = float(re.search(r": (-?[\d.]+)$", tip)[1])
    assert value == pytest.approx(after.trace.c_kv[3][token, column], abs=6e-4)


def test_what_comes_next_stands_with_both_probabilities(bare):
    data = recorded.latent_compression()
    shown = bare.show("latent_compression", data)
    rows = shown.locator(".pairs li")
    expect(rows).to_have_count(len(data["next"]))
    for i, (token, before, after) in enumerate(data["next"]):
        expect(rows.nth(i).locator("code")).to_have_text(token)
        widths = (
            rows.nth(i)
            .locator(".fill")
            .evaluate_all("all => all.map(b => parseFloat(b.style.width))")
        )
        assert widths == pytest.approx([100 * before, 100 * after], abs=1e-3)
