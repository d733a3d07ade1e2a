"""The growing cache in a bare page: each step, with and without a cache, and what is told."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from mla_core import kv_bytes_per_token
from mla_core.experiments.cache_grows import Growth
from tests.components import recorded
from tests.components.bare import Bare
from ui.components.cache_grows import BYTES, pace

PROMPT_TOKENS = 10  # of the flag
ALL_TOKENS = 22  # that its recordings have


def open_it(bare: Bare, **about: Any) -> Locator:
    return bare.show("cache_grows", recorded.cache_grows(**about))


def drawn_bytes(shown: Locator, side: int) -> float:
    """The area of the cache on the screen, in bytes by the scale that is said beside it."""
    canvas = shown.locator(".side .lower canvas").nth(2 * side)
    return canvas.evaluate("c => c.dataset.pixels / c.dataset.perByte")


def tokens_of(shown: Locator) -> int:
    return int(shown.locator(".scrub").input_value())


def test_each_token_adds_one_row_and_the_rectangles_are_bytes(bare):
    shown = open_it(bare)
    rates = [kv_bytes_per_token(one.trace.config, 4) for one in recorded.grown()]
    for tokens in range(PROMPT_TOKENS, PROMPT_TOKENS + 5):
        assert tokens_of(shown) == tokens
        for side, rate in enumerate(rates):
            assert drawn_bytes(shown, side) == pytest.approx(tokens * rate, rel=1e-6)
            expect(shown.locator(".side .lower h3 small").nth(side)).to_have_text(
                f"{tokens * rate:,} B of {tokens} tokens"
            )
        shown.locator(".next").click()
    on = shown.locator(".counts").first.locator("tbody tr").first
    assert "on" in on.get_attribute("class")
    subject = recorded.cache_grows()["subject"]
    bare.expect_event("step", [PROMPT_TOKENS + 5, subject])


def test_keys_step_from_a_fresh_page(bare):
    shown = open_it(bare)
    moves = [
        ("ArrowRight", 11),
        ("ArrowLeft", 10),
        ("ArrowLeft", 10),
        ("End", ALL_TOKENS),
        ("Home", 10),
    ]
    for key, tokens in moves:
        bare.page.keyboard.press(key)
        assert tokens_of(shown) == tokens


def test_playing_to_the_end_tells_python_once(bare):
    bare.stop_clock()
    shown = open_it(bare)
    bare.page.keyboard.press(" ")
    bare.page.clock.run_for(60_000)
    assert tokens_of(shown) == ALL_TOKENS and shown.locator(".next").is_disabled()
    assert bare.events() == [["step", [ALL_TOKENS, recorded.cache_grows()["subject"]]]]


def test_a_step_past_the_end_asks_for_more_and_goes_there(bare):
    shown = open_it(bare, step=14, tokens=14)
    subject = recorded.cache_grows()["subject"]
    shown.locator(".next").click()
    assert bare.events() == [["more", [15, subject]]]
    assert tokens_of(shown) == 14 and shown.locator(".next").is_disabled()
    shown = open_it(bare, step=14)
    assert tokens_of(shown) == 15
    bare.expect_event("step", [15, subject])


def test_the_reader_stays_unless_a_link_moves_them(bare):
    shown = open_it(bare)
    bare.page.keyboard.press("End")
    shown = open_it(bare, step=12)  # an answer of Python to something else
    assert tokens_of(shown) == ALL_TOKENS
    shown = open_it(bare, step=12, jump=2)
    assert tokens_of(shown) == 12


def test_without_a_cache_everything_is_computed_again(bare):
    shown = open_it(bare, step=13)
    with_cache = shown.locator(".headline").inner_text()
    shown.get_by_role("radio").nth(1).check()
    assert drawn_bytes(shown, 0) == 0
    assert shown.locator(".headline").inner_text() != with_cache
    rows = shown.locator(".counts").first.locator("tbody tr")
    assert "on" in rows.nth(1).get_attribute("class")
    expect(shown.locator(".side .lower h3 small").first).to_have_text("0 B of 0 tokens")
    cells = rows.nth(1).locator("td")
    expect(cells.first).to_have_text(re.compile("^1346$"))  # 13, and 10 + 11 + 12 + 13 so far
    expect(cells.nth(1)).to_contain_text("106 M")  # 8,126,464 * 13 + 4,096 * 13^2
    shown.get_by_role("radio").first.check()
    assert bare.events("option") == [["cache", "off"], ["cache", None]]
    assert shown.locator(".headline").inner_text() == with_cache


@pytest.mark.parametrize("storage", ["bfloat16", "float8", "6bit"])
def test_storage_scales_the_rectangles(bare, storage):
    shown = open_it(bare, step=12)
    full = drawn_bytes(shown, 1)
    shown.locator("select.storage").select_option(storage)
    bare.expect_event("option", ["cache_dtype", storage])
    shown = open_it(bare, step=12, cache_dtype=storage)
    assert drawn_bytes(shown, 1) == pytest.approx(full * BYTES[storage] / 4)
    assert tokens_of(shown) == 12


def test_how_freely_is_drawn_is_told(bare):
    shown = open_it(bare)
    expect(shown.locator(".again")).to_be_hidden()
    shown.locator(".temperature").fill("1.5")
    bare.expect_event("option", ["temperature", 1.5])
    expect(shown.locator(".temperature + output")).to_have_text("1.5")
    for typed, told in (("3", 3), ("", None), ("-2", None)):
        shown.locator(".top_k").fill(typed)
        shown.locator(".top_k").press("Enter")
        bare.expect_event("option", ["top_k", told])
    shown = open_it(bare, temperature="1.5", seed="4")
    shown.locator(".again").click()
    bare.expect_event("option", ["seed", 5])


def test_another_head_is_told(bare):
    shown = open_it(bare)
    shown.locator(".side").nth(1).get_by_role("combobox").nth(1).select_option("6")
    assert bare.events() == [["head", ["mini-mla", recorded.HEADS["mini-mla"][0], 6]]]


def test_cutting_the_cache_changes_what_comes_next(bare):
    shown = open_it(bare)
    first = shown.locator(".gone .bars li").first
    expect(first).to_have_text(re.compile("␣blue.*99.8"))
    shown.locator(".forget input").fill("1")
    expect(first).not_to_contain_text("99.8")
    assert "0·⟨start⟩" in shown.locator(".forget p").inner_text()


def test_exact_values_are_told(bare):
    shown = open_it(bare)
    grown = recorded.grown()[0]
    shown.locator(".side canvas").first.hover(position={"x": 120, "y": 50})
    tip = shown.locator(".side .tip").first.inner_text()
    told = re.fullmatch(r"X of 0·⟨start⟩, number (\d+): (−?[\d.]+), computed now", tip)
    assert told is not None
    layer = recorded.HEADS["mini-gpt2"][0]
    value = float(told[2].replace("−", "-"))
    assert value == pytest.approx(grown.x[layer][0, int(told[1])], abs=6e-5)


def test_a_cell_of_the_cache_tells_what_it_holds(bare):
    shown = open_it(bare)
    canvas = shown.locator(".side .lower canvas").nth(2)
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 8, "y": 6})
    tip = shown.locator(".side").nth(1).locator(".lower .tip").first.inner_text()
    told = re.fullmatch(r"layer 0, .+ number (\d+) of (\d+)·.*: (−?[\d.e−+-]+)", tip)
    assert told is not None
    value = float(told[3].replace("−", "-"))
    held = recorded.grown()[1].trace.arrays["c_kv"][0]
    assert value == pytest.approx(held[int(told[2]), int(told[1])], rel=0.01, abs=1e-3)


def test_the_measured_points_say_their_milliseconds(bare):
    shown = open_it(bare)
    law = recorded.cache_grows()["laws"][0]
    canvas = shown.locator(".laws canvas")
    canvas.scroll_into_view_if_needed()
    tips = canvas.evaluate(
        """c => { const found = new Set();
          const tip = c.nextElementSibling;
          for (let x = 0; x < c.clientWidth; x += 4) for (let y = 0; y < c.clientHeight; y += 4) {
            const box = c.getBoundingClientRect();
            c.dispatchEvent(new PointerEvent('pointermove', {clientX: box.x + x, clientY: box.y + y}));
            if (tip.style.display === 'block') found.add(tip.textContent); }
          return [...found] }"""
    )
    for tokens, ms in zip(law["tokens"], law["msFull"], strict=True):
        assert any(law["name"] in tip and f"{tokens} tokens, {ms:.1f} ms" in tip for tip in tips)


def paced(
    seconds: tuple[float, float], macs: tuple[int, int], read: tuple[int, int]
) -> list[Growth]:
    """The flag's two growths, each step with these numbers."""
    found = []
    for i, one in enumerate(recorded.grown()):
        steps = {"seconds": seconds[i], "macs": macs[i], "read": read[i]}
        rows = {name: np.full(len(one.steps[name]), value) for name, value in steps.items()}
        found.append(replace(one, steps=dict(one.steps) | rows))
    return found


COUNTS = {"mini-gpt2": {"products": 49}, "mini-mla": {"products": 89}}


def test_the_sentence_says_which_step_is_slower_and_why(bare):
    shown = open_it(bare, step=13)
    gpt2, mla = (1000 * np.median(one.steps["seconds"][1:]) for one in recorded.grown())
    told = shown.locator(".headline").inner_text()
    assert f"a step of mini-mla takes longer: {mla:.1f} ms against {gpt2:.1f}" in told
    assert "6.4 times less" in told and "89 small ones against 49" in told
    assert "takes longer" not in shown.locator(".spoken").inner_text()  # not again at every step
    shown.get_by_role("radio").nth(1).check()
    expect(shown.locator(".headline")).not_to_contain_text("takes longer")


@pytest.mark.parametrize(
    ("seconds", "macs", "read", "counts", "slower", "why"),
    [
        ((0.008, 0.013), (100, 100), (64, 10), COUNTS, "mini-mla", True),
        ((0.008, 0.013), (100, 160), (64, 10), COUNTS, "mini-mla", False),  # it multiplies more
        ((0.008, 0.013), (100, 100), (10, 64), COUNTS, "mini-mla", False),  # it reads more
        ((0.008, 0.013), (100, 100), (64, 10), {}, "mini-mla", False),  # nobody counted
        ((0.013, 0.008), (100, 100), (10, 64), COUNTS, "mini-gpt2", False),  # fewer products
        ((0.010, 0.011), (100, 100), (64, 10), COUNTS, None, False),  # as good as equal
    ],
)
def test_a_reason_is_given_only_where_the_numbers_hold_it(seconds, macs, read, counts, slower, why):
    told = pace(paced(seconds, macs, read), counts)
    assert (f"a step of {slower} takes longer: 13.0 ms against 8.0" in told) == (slower is not None)
    assert ("matrix products" in told) == why
    if slower is None:
        assert told == ""


def test_too_few_steps_and_a_model_alone_say_nothing():
    one = recorded.grown()[0]
    short = replace(one, steps={name: values[:3] for name, values in one.steps.items()})
    assert pace([short, short], COUNTS) == pace([one], COUNTS) == ""
