"""The page "Speed" in Chromium: its pictures, on every size, and the live run."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import CHROMIUM
from ui.words.en import speed as words

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]


def open_part(page: Page, server: str, part: str, query: str = "") -> None:
    page.goto(f"{server}/speed?part={part}{query}")
    picture = "code" if part == "kernel" else ".js-plotly-plot .main-svg"
    expect(page.locator(picture).first).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("size", [(1024, 768), (390, 844)])
def test_nothing_is_wider_than_the_screen(browser, server, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    for part in words.PARTS:
        open_part(page, server, part)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        title = page.locator(".js-plotly-plot .gtitle")
        if part != "kernel":
            box = title.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
    context.close()


def test_a_run_and_a_point_are_chosen_and_a_link_brings_them_back(page, server):
    open_part(page, server, "steps")
    page.get_by_text(words.RUNS["cpu"], exact=True).click()
    page.wait_for_url("**run=cpu**")
    expect(page.get_by_text("float32")).to_be_visible()
    page.get_by_role("combobox").click()
    page.get_by_role("option", name="1 × 1,024").click()
    page.wait_for_url("**at=1x1024**")
    page.reload()
    expect(page.get_by_text("1 × 1,024 tokens a step takes")).to_be_visible(timeout=60_000)


def test_a_reader_measures_the_server_watches_and_stops(page, server, browser):
    page.goto(f"{server}/speed?run=live")
    page.get_by_role("button", name=words.LIVE_START).click(timeout=60_000)
    other = browser.new_page()
    other.goto(f"{server}/speed?run=live")
    expect(other.get_by_text(words.LIVE_OTHERS)).to_be_visible(timeout=60_000)
    expect(other.get_by_role("button", name=words.LIVE_CANCEL)).to_have_count(0)
    # the first point is drawn while the others are still measured
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name=words.LIVE_CANCEL).click()
    expect(page.get_by_text(words.LIVE_STOPPED)).to_be_visible(timeout=60_000)
    expect(other.get_by_role("button", name=words.LIVE_AGAIN)).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
