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
