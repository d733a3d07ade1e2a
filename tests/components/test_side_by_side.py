"""The two columns in a bare page: each step, the player, the options and what Python hears."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.components import recorded
from tests.components.bare import Bare

PROMPT_TOKENS = 10  # of the flag, with its start token
ALL_TOKENS = 22


def open_it(bare: Bare, **options: object) -> Locator:
    return bare.show("side_by_side", recorded.side_by_side(**options))


def press(shown: Locator, button: str) -> None:
    shown.locator(f".transport .{button}").click()


def step_of(shown: Locator) -> int:
    return int(shown.locator(".scrub").input_value())


def marked(shown: Locator, column: int = 0) -> int:
    """Which token is marked, counted from 1."""
    chips = shown.locator(".chips").nth(column).locator(".chip")
    return 1 + chips.evaluate_all("all => all.findIndex(c => c.classList.contains('now'))")


def rest(bare: Bare) -> None:
    """The reader turns to something else on the page: where they are is told at once."""
    bare.page.mouse.click(2, 2)


def test_a_step_decides_everything(bare):
    shown = open_it(bare)
    assert step_of(shown) == marked(shown) == PROMPT_TOKENS
    expect(shown.locator(".bars").first.locator("code").first).to_have_text("␣blue")
    press(shown, "reset")
    assert step_of(shown) == marked(shown, 1) == 1
    expect(shown.locator(".cache h3 span").first).to_have_text("16,384 B")
    press(shown, "next")
    press(shown, "next")
    assert step_of(shown) == marked(shown) == 3
    expect(shown.locator(".cache h3 span").first).to_have_text("49,152 B")
    press(shown, "back")
    assert step_of(shown) == 2
    shown.locator(".scrub").fill("15")
    assert marked(shown) == 15
    shown.locator(".chip").nth(3).click()
    assert step_of(shown) == marked(shown, 1) == 4


def test_python_hears_once_where_the_reader_rests(bare):
    shown = open_it(bare)
    subject = recorded.side_by_side()["subject"]
    for _ in range(3):
        press(shown, "next")
    assert bare.events() == []
    rest(bare)
    assert bare.events() == [["step", [PROMPT_TOKENS + 3, subject]]]
    press(shown, "back")
    bare.expect_event("step", [PROMPT_TOKENS + 2, subject])  # or when they pause
    assert len(bare.events()) == 2


def test_keys_step_from_a_fresh_page(bare):
    shown = open_it(bare)
    moves = [
        ("ArrowRight", 11),
        ("ArrowLeft", 10),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("End", ALL_TOKENS),
    ]
    for key, step in moves:
        bare.page.keyboard.press(key)
        assert step_of(shown) == marked(shown) == step


def test_keys_one_after_the_other_tell_python_once(bare):
    bare.stop_clock()
    open_it(bare)
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
        bare.page.keyboard.press(key)
    bare.page.keyboard.press(" ")
    assert bare.events() == []
    bare.page.keyboard.press(" ")
    assert [value[0] for value in bare.events("step")] == [PROMPT_TOKENS]


def test_playing_to_the_end_tells_python_once(bare):
    bare.stop_clock()
    shown = open_it(bare)
    bare.page.keyboard.press(" ")
    assert step_of(shown) == PROMPT_TOKENS + 1
    bare.page.clock.run_for(60_000)
    assert step_of(shown) == ALL_TOKENS
    assert [name for name, _ in bare.events()] == ["step"]
    expect(shown.locator(".play")).to_have_text("Play")
    assert shown.locator(".next").is_disabled()


def test_play_pauses_and_begins_again(bare):
    bare.stop_clock()
    shown = open_it(bare, step=ALL_TOKENS)
    press(shown, "play")
    assert step_of(shown) == 1  # from the start, where there is nothing left
    bare.page.clock.run_for(2_000)
    played = step_of(shown)
    assert played > 1
    press(shown, "play")
    bare.page.clock.run_for(5_000)
    assert step_of(shown) == played
    assert bare.events("step")[-1][0] == played


def test_a_step_past_the_end_asks_for_more_and_goes_there(bare):
    shown = open_it(bare, step=12, tokens=12)
    subject = recorded.side_by_side()["subject"]
    press(shown, "next")
    assert bare.events() == [["more", [13, subject]]]
    assert step_of(shown) == 12 and shown.locator(".next").is_disabled()
    shown = open_it(bare, step=12)
    assert step_of(shown) == 13
    rest(bare)
    assert bare.events("step") == [[13, subject]]


def test_playing_on_past_the_end_is_one_entry(bare):
    """What is asked for on the way does not go into the link."""
    bare.stop_clock()
    open_it(bare, step=8, tokens=10)
    bare.page.keyboard.press(" ")
    bare.page.clock.run_for(5_000)
    assert [name for name, _ in bare.events()] == ["more"]
    shown = open_it(bare, step=8)
    bare.page.clock.run_for(60_000)
    assert step_of(shown) == ALL_TOKENS
    assert [name for name, _ in bare.events()] == ["more", "step"]


def test_the_reader_stays_unless_a_link_moves_them(bare):
    shown = open_it(bare)
    bare.page.keyboard.press("End")
    shown = open_it(bare, step=5)  # an answer of Python to something else
    assert step_of(shown) == ALL_TOKENS
    shown = open_it(bare, step=5, jump=2)
    assert step_of(shown) == 5
    shown = open_it(bare, jump=2, prompt="Another text")
    assert step_of(shown) == PROMPT_TOKENS


def test_the_picture_shows_the_pattern(bare):
    data = recorded.side_by_side()
    shown = bare.show("side_by_side", data)
    for number, side in enumerate(data["sides"]):
        shown.locator("canvas").nth(number).hover(position={"x": 130, "y": 130})
        told = re.search(
            r"(\d+)·.* → (\d+)·.*: ([\d.]+)", shown.locator(".tip").nth(number).inner_text()
        )
        assert told is not None
        query, key, value = told.groups()
        pattern = recorded.traces()[number].pattern[side["layer"], side["head"]]
        assert float(value) == pytest.approx(pattern[int(query), int(key)], abs=6e-5)


def test_options_tell_their_name_and_value(bare):
    shown = open_it(bare)
    shown.get_by_label("Hide the first token").check()
    expect(shown.get_by_text("first token hidden").first).to_be_visible()  # drawn at once
    shown.locator("select.lead").select_option("mini-mla")
    shown.locator(".temperature").fill("1.5")
    shown.locator(".again").click()
    shown.locator(".pick select").nth(2).select_option("6")
    assert bare.events() == [
        ["option", ["first_token", "hidden"]],
        ["option", ["continuation", "mini-mla"]],
        ["option", ["temperature", 1.5]],
        ["option", ["seed", 1]],
        ["head", ["mini-mla", 6, 4]],
    ]


def test_nothing_to_draw_again_where_nothing_is_drawn(bare):
    shown = open_it(bare, temperature="0")
    expect(shown.locator(".again")).to_be_hidden()


@pytest.mark.parametrize(
    "token",
    ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "😀🏳️‍🌈", "שלום", "**b** $x$"],
)
def test_any_text_is_text(bare, token):
    data = recorded.side_by_side()
    for side in data["sides"]:
        side["tokens"][1] = token
        side["next"][PROMPT_TOKENS - 1][0][0] = token
    shown = bare.show("side_by_side", data)
    expect(shown.locator(".chip").nth(1)).to_have_text(token)
    expect(shown.locator(".bars code").first).to_have_text(token)
    assert shown.locator("img, script").count() == 0
