"""The prompt bar in a bare page: what is typed stays, whatever Python answers meanwhile."""

import pytest
from playwright.sync_api import Locator, expect

from tests.components import recorded
from tests.components.bare import Bare


def open_it(bare: Bare, **options: object) -> Locator:
    return bare.show("prompt_bar", recorded.prompt_bar(**options))


def test_a_draft_is_told_when_the_typing_pauses(bare):
    bare.stop_clock()
    text = open_it(bare).locator(".text")
    text.press("End")
    for letter in "abc":
        text.press(letter)
    assert bare.events() == []
    bare.page.clock.run_for(1_000)
    assert bare.events() == [["draft", "The flagabc"]]


@pytest.mark.parametrize("way", ["Enter", "Run"])
def test_running_tells_the_text_and_no_draft_after_it(bare, way):
    bare.stop_clock()
    shown = open_it(bare)
    shown.locator(".text").fill("The cat sat on")
    if way == "Enter":
        shown.locator(".text").press("Enter")
    else:
        shown.locator(".run").click()
    bare.page.clock.run_for(1_000)
    assert bare.events() == [["run", "The cat sat on"]]


def test_a_ready_made_text_runs_at_once(bare):
    shown = open_it(bare)
    shown.get_by_role("button", name="Days").click()
    expect(shown.locator(".text")).to_have_value("Monday, Tuesday,")
    assert bare.events() == [["run", "Monday, Tuesday,"]]


def test_what_is_typed_on_stays_when_the_answer_comes(bare):
    text = open_it(bare).locator(".text")
    text.fill("A cat")
    text.press("Enter")
    text.type(" and a dog")
    open_it(bare, prompt="A cat", draft="A cat")
    expect(text).to_have_value("A cat and a dog")
    open_it(bare, prompt="A cat", draft="A cat", note="7 of 128 tokens")
    expect(text).to_have_value("A cat and a dog")


def test_a_link_or_back_changes_the_text(bare):
    text = open_it(bare).locator(".text")
    text.fill("A cat")
    text.press("Enter")
    open_it(bare, prompt="A cat")
    open_it(bare, prompt="The flag")
    expect(text).to_have_value("The flag")


def test_a_draft_comes_along_to_another_page(bare):
    shown = open_it(bare, draft="not run yet")
    expect(shown.locator(".text")).to_have_value("not run yet")


@pytest.mark.parametrize("typed", ["", "   ", "a b " * 2_500])
def test_what_cannot_run_stays_in_the_box_with_the_reason(bare, typed):
    shown = open_it(bare)
    shown.locator(".text").fill(typed)
    shown.locator(".run").click()
    open_it(bare, draft=typed, note="This cannot run", problem=True)
    expect(shown.locator(".note.problem")).to_have_text("This cannot run")
    expect(shown.locator(".text")).to_have_value(typed)


def test_the_box_keeps_every_key(bare):
    """Beside a component that plays with Space and steps with the arrows."""
    bare.show("side_by_side", recorded.side_by_side())
    shown = open_it(bare, prompt="")
    bare.page.evaluate("document.addEventListener('keydown', () => (window.escaped = true))")
    shown.locator(".text").click()
    bare.page.keyboard.type("r c x")
    for key in ("ArrowLeft", "ArrowLeft", "End", "Home"):
        bare.page.keyboard.press(key)
    bare.page.keyboard.type("·")
    expect(shown.locator(".text")).to_have_value("·r c x")
    assert bare.page.locator("#side_by_side .scrub").input_value() == "10"
    assert not bare.page.evaluate("window.escaped")


LONG = " ".join(f"word{i}" for i in range(149))


def height(shown: Locator) -> float:
    return shown.locator(".text").bounding_box()["height"]


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_box_shows_all_of_a_text_and_is_as_small_as_it_can_be(bare_page, size):
    bare = bare_page(*size)
    shown = open_it(bare)
    text = shown.locator(".text")
    one_line = height(shown)
    assert one_line <= 48
    text.fill("\n".join(["a line"] * 3))
    three_lines = height(shown)
    assert 2.5 * 25 < three_lines - one_line + 25 < 3.5 * 25
    text.fill(LONG)
    assert height(shown) > three_lines
    assert text.evaluate("box => box.scrollHeight <= box.clientHeight")
    text.fill("short")
    assert height(shown) == one_line


def test_shift_enter_begins_a_line_and_enter_runs_them_all(bare):
    text = open_it(bare, prompt="").locator(".text")
    text.click()
    bare.page.keyboard.type("one")
    bare.page.keyboard.press("Shift+Enter")
    bare.page.keyboard.type("two")
    expect(text).to_have_value("one\ntwo")
    assert bare.events("run") == []
    bare.page.keyboard.press("Enter")
    assert bare.events("run") == ["one\ntwo"]
    expect(text).to_have_value("one\ntwo")


def test_enter_that_ends_the_choice_of_a_character_does_not_run(bare):
    text = open_it(bare).locator(".text")
    text.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert bare.events("run") == []
    text.dispatch_event("keydown", {"key": "Enter"})
    assert bare.events("run") == ["The flag"]


def test_a_pasted_text_keeps_its_lines(bare):
    text = open_it(bare, prompt="").locator(".text")
    pasted = "\n".join(LONG[i : i + 90] for i in range(0, len(LONG), 90))
    text.click()
    bare.page.keyboard.insert_text(pasted)
    expect(text).to_have_value(pasted)
    bare.expect_event("draft", pasted)


def test_what_is_too_long_is_offered_cut_and_can_be_put_back(bare):
    shown = open_it(bare)
    text, cut, uncut = (shown.locator(part) for part in (".text", ".cut", ".uncut"))
    text.fill(LONG)
    expect(cut).to_be_hidden()  # until Python has counted
    offered = {"text": "word0 word1", "label": "Cut to 5 tokens"}
    open_it(bare, draft=LONG, note="Too long", problem=True, cut=offered)
    expect(text).to_have_value(LONG)
    expect(cut).to_have_text("Cut to 5 tokens")
    cut.click()
    expect(text).to_have_value("word0 word1")
    assert bare.events("run") == ["word0 word1"]
    open_it(bare, prompt="word0 word1", draft="word0 word1")
    expect(cut).to_be_hidden()
    uncut.click()
    expect(text).to_have_value(LONG)
    assert bare.events("draft")[-1] == LONG
    expect(uncut).to_be_hidden()


def test_typing_on_after_a_cut_forgets_the_longer_text(bare):
    shown = open_it(bare, draft=LONG, problem=True, cut={"text": "word0", "label": "Cut"})
    shown.locator(".cut").click()
    expect(shown.locator(".uncut")).to_be_visible()
    shown.locator(".text").press("x")
    expect(shown.locator(".uncut")).to_be_hidden()
