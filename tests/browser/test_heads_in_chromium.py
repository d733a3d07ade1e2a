"""The pages "Every head", "Inside one head", "Absorption" and "Position" in Chromium."""

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import CHROMIUM

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: `apt-get install chromium` makes the browser tests run",
    ),
    pytest.mark.xdist_group("browser"),
]
PAGES = {
    "every_head": ".every-head .heads canvas",
    "inside_one_head": ".inside-one-head .scene canvas",
    "absorption": ".absorption .growth canvas",
    "position": ".position .both canvas",
}
COLOURS = """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  return new Set(Array.from({length: d.length / 4}, (_, i) => d.slice(4 * i, 4 * i + 4).join())).size }"""


def open_page(page: Page, server: str, name: str, query: str = "") -> Locator:
    page.goto(f"{server}/{name}{query}")
    pictures = page.locator(PAGES[name])
    expect(pictures.first).to_be_visible(timeout=90_000)
    return pictures


def live(page: Page) -> None:
    expect(page.locator(".source").last).to_contain_text("computed now on", timeout=90_000)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_opens_on_a_recording_and_goes_live(page, server, name):
    pictures = open_page(page, server, name)
    for canvas in pictures.all():
        assert canvas.evaluate(COLOURS) > 5
        assert canvas.get_attribute("aria-label") or canvas.get_attribute("role") == "img"
    live(page)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(browser, server, name):
    """Other sizes: tests/components/test_every_component.py."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_page(page, server, name, "?attention=MLA")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    main = page.locator(".stMain")
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") <= 0
    context.close()


def test_a_head_and_an_order_reach_the_link(page, server):
    open_page(page, server, "every_head", "?order=kind")
    live(page)
    expect(page.locator(".effect")).to_contain_text("Without this head", timeout=60_000)
    expect(page.locator(".headline")).to_contain_text("Without this head")
    page.locator("select.order").select_option("layer")
    page.wait_for_url("**order=layer**")
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)  # from layer 1, head 4
    expect(page.locator(".which")).to_contain_text("Layer 2, head 5")
    page.wait_for_url("**mini-mla=2.5**")


def test_a_scene_and_an_option_reach_the_link(page, server):
    open_page(page, server, "inside_one_head", "?attention=MLA&stage=2")
    live(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**stage=3**")
    page.get_by_label("Hide the first token").check()
    page.wait_for_url("**first_token=hidden**")
    expect(page.locator(".stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.go_back()
    expect(page.get_by_label("Hide the first token")).not_to_be_checked()
    assert "stage=3" in page.url


def test_the_context_and_the_sizes_reach_the_link_and_come_back_from_it(page, server):
    open_page(page, server, "absorption")
    live(page)
    page.get_by_role("slider").fill("17")
    page.wait_for_url("**context=131072**")
    page.locator("select.shape").select_option("deepseek")
    page.wait_for_url("**shape=deepseek**")
    page.reload()
    expect(page.locator(".absorption output")).to_have_text("131,072 tokens", timeout=60_000)
    expect(page.locator("select.shape")).to_have_value("deepseek")


def test_a_shift_and_the_switch_reach_the_link_and_come_back_from_it(page, server):
    open_page(page, server, "position")
    live(page)
    page.get_by_role("slider").fill("9")
    page.wait_for_url("**shift=200**")
    page.reload()
    expect(page.get_by_role("slider")).to_have_value("9", timeout=60_000)
    page.locator("input.off").check()
    page.wait_for_url("**positions=off**")
    expect(page.locator(".stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.go_back()
    expect(page.locator("input.off")).not_to_be_checked()
    expect(page.get_by_role("slider")).to_have_value("9")


def test_what_the_reader_looks_at_goes_along_to_other_pages(page, server):
    open_page(page, server, "every_head", "?prompt=Bees+make&mini-mla=6.3")
    live(page)
    page.get_by_role("button", name="Look inside this head").click()
    page.wait_for_url("**/inside_one_head?**")
    expect(page.locator("select.layer")).to_have_value("6", timeout=60_000)
    expect(page.locator("select.attention")).to_have_value("naive")
    for title, name in (("Position", "position"), ("Absorption", "absorption")):
        page.get_by_role("link", name=title).click()
        expect(page.locator(PAGES[name]).first).to_be_visible(timeout=60_000)
        assert "prompt=Bees+make" in page.url and "mini-mla=6.3" in page.url
        expect(page.locator("textarea.text")).to_have_value("Bees make")
        expect(page.locator("select.head")).to_have_value("3")
    page.get_by_role("link", name="Side by side").click()
    expect(page.locator(".chip").nth(2)).to_have_text("␣make", timeout=60_000)


@pytest.mark.parametrize("name", ["inside_one_head", "absorption", "position"])
def test_the_numbers_of_a_page_can_be_taken_away(page, server, name, tmp_path):
    open_page(page, server, name, "?attention=MLA")
    live(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="The numbers of this page: mini-mla").click()
    assert download.value.suggested_filename == "mini-mla.npz"
    download.value.save_as(tmp_path / "taken.npz")
    with np.load(tmp_path / "taken.npz", allow_pickle=False) as file:
        held = {
            "inside_one_head": "matrices.c_kv.values",
            "absorption": "arrays.q_latent",
            "position": "trace.arrays.k_rope",
        }
        assert held[name] in file
