"""The pages "The cache grows" and "Sharing heads" in Chromium: their links, and what runs live.

What they draw: tests/components/test_cache_grows.py and test_sharing_heads.py.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import CHROMIUM

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: `apt-get install chromium` makes the browser tests run",
    ),
    pytest.mark.xdist_group("browser"),
]
PAGES = {
    "cache_grows": (".cache-grows .side canvas", ".cache-grows > .source"),
    "sharing_heads": (".sharing-heads .card canvas", ".card .source"),
}  # name -> its pictures, and where they say what they come from


def open_page(page: Page, server: str, name: str, query: str = "") -> None:
    pictures, source = PAGES[name]
    page.goto(f"{server}/{name}{query}")
    expect(page.locator(pictures).first).to_be_visible(timeout=90_000)
    expect(page.locator(source).first).to_contain_text("computed now on", timeout=90_000)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(browser, server, name):
    """Other sizes: tests/components/test_every_component.py."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_page(page, server, name)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    main = page.locator(".stMain")
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") <= 0
    context.close()


def test_a_step_and_options_reach_the_link_and_come_back_from_it(page, server):
    open_page(page, server, "cache_grows")
    for _ in range(5):
        page.keyboard.press("ArrowRight")  # without a click first
    page.wait_for_url("**step=15**")
    page.locator("select.storage").select_option("bfloat16")
    page.wait_for_url("**cache_dtype=bfloat16**")
    expect(page.locator(".kept").nth(1)).to_contain_text("Measured in the live cache: 19,200 B")
    page.get_by_role("radio", name="Without a cache").check()
    page.wait_for_url("**cache=off**")
    assert "step=15" in page.url
    page.reload()
    expect(page.locator(".transport .position")).to_contain_text("15 tokens", timeout=60_000)
    expect(page.locator("select.storage")).to_have_value("bfloat16")
    expect(page.get_by_role("radio", name="Without a cache")).to_be_checked()


def test_more_is_generated_when_asked_and_models_can_be_switched(page, server):
    open_page(page, server, "cache_grows", "?step=22")
    before = page.evaluate("history.length")
    page.locator("button.next").click()
    position = page.locator(".transport .position")
    expect(position).to_contain_text("23 tokens", timeout=60_000)
    page.wait_for_url("**step=23**")
    assert page.evaluate("history.length") == before + 1
    page.get_by_text("Small GPT-2, made latent").click()
    expect(page.locator(".side h2 small").nth(1)).to_have_text("mini-gpt2@64", timeout=90_000)
    expect(position).to_contain_text("10 tokens")
    page.get_by_text("Small pair, built in").click()
    expect(page.locator(".side h2 small").nth(1)).to_have_text("mini-mla", timeout=60_000)


def test_a_saved_cache_is_taken_up_again(page, server, tmp_path):
    open_page(page, server, "cache_grows", "?step=12")
    page.get_by_text("Save the cache, and take it up again").click()
    button = page.get_by_role("button", name="Cache of mini-mla after 12 tokens")
    expect(button).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        button.click()
    file = tmp_path / "mini-mla.cache.safetensors"
    download.value.save_as(file)
    page.locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text("took up 12 tokens (30,720 B)")).to_be_visible(timeout=60_000)
    Path(tmp_path / "junk.bin").write_bytes(b"not a cache" * 1_200_000)  # as large as GPT-2's
    page.locator('input[type="file"]').set_input_files(tmp_path / "junk.bin")
    expect(page.get_by_text("This file is no saved cache")).to_be_visible(timeout=60_000)


def test_a_point_opens_its_model_and_reaches_the_link(page, server):
    open_page(page, server, "sharing_heads", "?layer=3")
    page.get_by_role("button", name=re.compile("^MLA, 16 \\+ 16: 32 numbers")).click()
    chosen = page.locator(".chosen .card")
    expect(chosen.locator("h2 small")).to_have_text("mini-mla-16", timeout=30_000)
    expect(chosen.locator(".source")).to_contain_text("recorded on cpu")
    page.wait_for_url("**point=mini-mla-16**")
    page.get_by_role("button", name=re.compile("^MHA: 512 numbers")).press("Enter")
    expect(chosen.locator("h2 small")).to_have_text("mini-mha", timeout=30_000)
