"""The first page in Chromium: what a reader sees, clicks, types and links."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import CHROMIUM, serve

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: `apt-get install chromium` makes the browser tests run",
    ),
    pytest.mark.xdist_group("browser"),  # one server and one browser at a time on two cores
]


def open_page(page: Page, url: str, timeout: float = 30_000) -> None:
    page.goto(url)
    expect(page.locator(".side-by-side canvas")).to_have_count(2, timeout=timeout)
    expect(page.locator(".chip").first).to_be_visible()


def position(page: Page) -> str:
    return page.locator(".position").inner_text()


def painted(page: Page, side: int = 0) -> int:
    """How many pixels of a pattern are drawn."""
    return (
        page.locator(".side-by-side canvas")
        .nth(side)
        .evaluate(
            """c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data
              .filter((v, i) => i % 4 === 3 && v > 0).length"""
        )
    )


def test_the_first_picture_is_recorded_and_then_goes_live(page, server):
    open_page(page, server)
    assert painted(page) > 2000
    expect(page.locator(".bars code").first).to_have_text("␣blue")
    expect(page.locator(".source").first).to_contain_text("computed now on", timeout=90_000)
    expect(page.locator(".source").nth(1)).to_contain_text("computed now on")
    expect(page.locator(".rate").nth(1)).to_contain_text("2,560 B a token, 6.4 times less")
    assert position(page).startswith("token 10 of 22")


def test_keys_work_at_once_and_playing_is_one_entry_of_the_history(page, server):
    open_page(page, f"{server}/?step=20")
    expect(page.locator(".source").first).to_contain_text("computed now on", timeout=90_000)
    entries = page.evaluate("history.length")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    expect(page.locator(".position")).to_contain_text("token 24 of")  # two more than there were
    page.keyboard.press(" ")
    page.wait_for_url(re.compile(r"step=2[4-9]"))
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    expect(page.locator(".position")).to_contain_text("token 20 of")


def test_stepping_past_the_end_generates(page, server):
    open_page(page, f"{server}/?step=21")
    for expected in ("22 of 22", "23 of 34", "24 of 34"):
        page.get_by_role("button", name="Step").click()
        expect(page.locator(".position")).to_contain_text(expected)


def test_a_pasted_link_restores_the_view(page, server):
    link = "/?prompt=Bees+make&step=3&mini-mla=5.2&mini-gpt2=6.7&sink=hidden&lead=mini-mla"
    open_page(page, server + link)
    assert position(page).startswith("token 3 of 15")
    picked = [page.locator("select").nth(i).input_value() for i in range(4)]
    assert picked == ["6", "7", "5", "2"]
    expect(page.locator(".text")).to_have_value("Bees make")
    expect(page.get_by_text("first token hidden").first).to_be_visible()


def test_a_link_works_as_the_very_first_request_to_a_fresh_server(page):
    with serve() as url:
        # torch is imported and the models opened for it, beside another test process
        link = f"{url}/side_by_side?prompt=Bees+make&step=2&mini-mla=3.1"
        open_page(page, link, timeout=120_000)
        assert position(page).startswith("token 2 of 15")
        expect(page.get_by_role("heading", name="MLA Explorer")).to_be_visible()
        expect(page.locator("select").nth(2)).to_have_value("3")
        expect(page.get_by_role("dialog")).to_have_count(0)  # "Page not found"
        expect(page.get_by_role("link", name="Side by side")).to_have_count(1)
        page.get_by_role("button", name="Step").click()
        expect(page.locator(".position")).to_contain_text("token 3 of")


def test_drawing_again_for_another_text_changes_the_link_again(page, server):
    """The second click says the same as the first one did."""
    open_page(page, f"{server}/?temperature=1")
    page.get_by_role("button", name="Draw again").click()
    page.wait_for_url("**seed=1**")
    page.get_by_role("button", name="Days of the week").click()
    expect(page.locator(".chip").nth(1)).to_have_text("M")
    assert "seed" not in page.url
    page.get_by_role("button", name="Draw again").click()
    page.wait_for_url("**seed=1**")


def test_options_redraw_and_write_the_link(page, server):
    open_page(page, server)
    page.get_by_label("Hide the first token").check()
    page.wait_for_url("**first_token=hidden**")
    expect(page.get_by_text("first token hidden").first).to_be_visible()
    page.get_by_role("combobox", name="Continuation").select_option("mini-mla")
    page.wait_for_url("**continuation=mini-mla**")
    page.get_by_role("slider", name="Temperature").fill("1.5")
    page.wait_for_url("**temperature=1.5**")
    page.locator("select").nth(2).select_option("6")
    page.wait_for_url("**mini-mla=6.**")
    page.get_by_role("slider", name="Tokens processed").fill("22")
    # the link changes at once, the texts when the engine has answered: MLA leads, both are one
    page.wait_for_function(
        """() => {
          const roots = [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean);
          const chips = roots.flatMap(r => [...r.querySelectorAll('.chips')]);
          const [left, right] = chips.map(c => c.textContent);
          return chips.length === 2 && left === right;
        }""",
        timeout=30_000,
    )
    expect(page.locator(".position")).to_contain_text("token 22 of")  # the step is kept
    expect(page.get_by_label("Hide the first token")).to_be_checked()


def test_typing_counts_tokens_and_running_redraws(page, server):
    open_page(page, server)
    text = page.locator(".text")
    text.fill("The cat sat on")
    expect(page.locator(".note")).to_have_text("5 of 128 tokens")
    expect(page.locator(".chip").nth(1)).to_have_text("The")  # the stage waits for Run
    text.press("Enter")
    expect(page.locator(".chip").nth(2)).to_have_text("␣cat")
    expect(text).to_have_value("The cat sat on")
    page.get_by_role("button", name="Days of the week").click()
    expect(page.locator(".chip").nth(1)).to_have_text("M")
    expect(text).to_have_value("Monday, Tuesday, Wednesday,")
    page.go_back()
    expect(page.locator(".chip").nth(2)).to_have_text("␣cat")


def test_what_cannot_run_stays_in_the_box(page, server):
    open_page(page, server)
    page.locator(".text").fill("   ")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".note.problem")).not_to_be_empty()
    expect(page.locator(".text")).to_have_value("   ")
    expect(page.locator(".chip").nth(1)).to_have_text("The")  # the picture stays too


def test_any_text_is_text(page, server):
    open_page(page, server)
    typed = "<img src=x onerror=alert(1)><script>alert(2)</script> **b** $x$ :red[r] 😀"
    page.locator(".text").fill(typed)
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".chip").nth(1)).not_to_have_text("The")
    expect(page.locator(".text")).to_have_value(typed)
    assert page.locator(".side-by-side img, .side-by-side script").count() == 0
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_nothing_is_wider_than_a_phone(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = context.new_page()
    open_page(page, f"{server}/?step=20")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    for side in (0, 1):
        assert painted(page, side) > 2000
        box = page.locator(".side").nth(side).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    context.close()


def test_an_app_below_a_path_finds_its_modules(page):
    with serve(base="lab") as url:
        for address in (url, f"{url}/side_by_side?step=3", f"{url}/side_by_side/?step=3"):
            open_page(page, address, timeout=120_000)
            assert painted(page) > 500


def test_a_page_of_another_version_says_so(page, server):
    page.route("**/modules/**", lambda route: route.fulfill(status=404, body="gone"))
    page.goto(server)
    expect(page.get_by_text("Reload the page").first).to_be_visible()


def test_the_closer_look_offers_figures_and_files(page, server):
    open_page(page, server)
    page.get_by_text("Exact values, pictures and data").click()
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Trace of mini-mla").click()
    assert download.value.suggested_filename == "mini-mla.npz"
