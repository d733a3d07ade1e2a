"""What holds for every component: its size, its events, and that it leaves nothing behind."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.components import recorded
from ui.components import FOLDER

CASES = {
    "prompt_bar": (recorded.prompt_bar, lambda shown: shown.locator(".ready button").first.click()),
    "side_by_side": (recorded.side_by_side, lambda shown: shown.locator(".again").click()),
    "every_head": (recorded.every_head, lambda shown: shown.locator(".enter").click()),
    "inside_one_head": (recorded.inside_one_head, lambda shown: choose_again(shown, ".head")),
    "cache_grows": (
        lambda: recorded.cache_grows(temperature="1"),
        lambda shown: shown.locator(".again").click(),
    ),
    "sharing_heads": (
        recorded.sharing_heads,
        lambda shown: shown.locator(".plot button").first.press("Enter"),
    ),
    "latent_compression": (
        recorded.latent_compression,
        lambda shown: choose_again(shown, ".method"),
    ),
    "absorption": (recorded.absorption, lambda shown: choose_again(shown, ".shape")),
    "position": (recorded.position, lambda shown: choose_again(shown, ".head")),
}  # name -> (data of a recording, something that tells Python the same each time)
SILENT = {
    "pattern_wall": recorded.pattern_wall,
    "gpu_memory": recorded.gpu_memory,
    "exports": recorded.exports,
}  # name -> data; they have nothing to tell
DATA = {name: data for name, (data, _) in CASES.items()} | SILENT


def test_every_component_is_looked_at():
    assert set(DATA) == {path.parent.name for path in FOLDER.glob("*/__init__.py")}


def choose_again(shown: Locator, select: str) -> None:
    """A choice that Python has not answered yet, made once more."""
    shown.locator(f"select{select}").evaluate("s => s.dispatchEvent(new Event('change'))")


@pytest.mark.parametrize("name", CASES)
def test_the_same_event_twice_is_told_twice(bare, name):
    data, act = CASES[name]
    shown = bare.show(name, data())
    act(shown)
    act(shown)
    told = bare.events()
    assert len(told) == 2 and told[0] == told[1]


def test_no_component_stores_a_value_instead_of_telling():
    """A stored value that is equal to the last one calls nobody."""
    for script in FOLDER.rglob("*.js"):
        assert "setStateValue" not in script.read_text(), script.name


@pytest.mark.parametrize("name", CASES)
def test_what_is_typed_in_a_field_does_not_reach_streamlits_shortcuts(bare, name):
    data, _ = CASES[name]
    shown = bare.show(name, data())
    bare.page.evaluate("document.addEventListener('keydown', () => (window.reached = true))")
    for field in shown.locator("input:visible, select:visible, textarea:visible").all():
        field.focus()
        bare.page.keyboard.press("c")
        bare.page.keyboard.press("r")
    assert not bare.page.evaluate("window.reached")


SIZES = ((1440, 900), (1024, 768), (390, 844))


@pytest.mark.parametrize("name", DATA)
def test_nothing_is_cut_off_in_any_size(bare_page, name):
    """Loaded once, then as a window that is made smaller, in both themes."""
    bare = bare_page(reduced_motion="reduce")
    data: Callable[[], Any] = DATA[name]
    given = data()
    for scheme, size in itertools.product(("light", "dark"), SIZES):
        bare.page.emulate_media(color_scheme=scheme)
        bare.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        shown = bare.show(name, given, scheme=scheme)
        bare.page.evaluate(DRAWN)
        assert bare.page.evaluate(WIDER) <= 0, (scheme, size)
        for canvas in shown.locator("canvas:visible").all():
            assert canvas.evaluate(COLOURS) > 1, (scheme, size)
            assert canvas.get_attribute("aria-label") or canvas.get_attribute("title")


WIDER = "document.documentElement.scrollWidth - window.innerWidth"
DRAWN = "new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))"
COLOURS = """c => new Set(new Uint32Array(
  c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size"""


@pytest.mark.parametrize("name", DATA)
def test_a_component_that_leaves_hears_no_more_keys(bare, name):
    bare.stop_clock()
    bare.show(name, DATA[name]())
    bare.leave(name)
    bare.page.evaluate("reached = 0; document.addEventListener('keydown', () => (reached += 1))")
    keys = ("ArrowRight", "ArrowDown", "End", "Home", " ", "Enter")
    for key in keys:
        bare.page.keyboard.press(key)
    bare.page.clock.run_for(5_000)
    assert bare.events() == [] and bare.page.evaluate("reached") == len(keys)


@pytest.mark.parametrize("name", CASES)
def test_other_data_and_another_theme_are_drawn_over_the_old(bare, name):
    data, act = CASES[name]
    bare.show(name, data())
    shown = bare.show(name, data(), scheme="dark")
    act(shown)
    assert len(bare.events()) == 1
