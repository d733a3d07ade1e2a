"""The pages "The cache grows" and "Sharing heads" in Chromium."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mla_core import kv_bytes_per_token, load_model, trace
from tests.browser.serving import CHROMIUM
from ui.catalogue import PROMPTS

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: `apt-get install chromium` makes the browser tests run",
    ),
    pytest.mark.xdist_group("browser"),
]
PAGES = {"cache_grows": ".growth .side canvas", "sharing_heads": ".sharing .card canvas"}
COLOURS = """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  return new Set(Array.from({length: d.length / 4}, (_, i) => d.slice(4 * i, 4 * i + 4).join())).size }"""


def open_page(page: Page, server: str, name: str, query: str = "", *, live: bool = True) -> None:
    page.goto(f"{server}/{name}{query}")
    expect(page.locator(PAGES[name]).first).to_be_visible(timeout=90_000)
    if live:
        expect(page.locator(".source").last).to_be_visible()
        where = ".growth > .source" if name == "cache_grows" else ".card .source"
        expect(page.locator(where).first).to_contain_text("computed now on", timeout=90_000)


def drawn_bytes(page: Page, side: int) -> float:
    """The area of the cache on the screen, in bytes by the scale that is said beside it."""
    canvas = page.locator(".side .lower canvas").nth(2 * side)
    return canvas.evaluate("c => c.dataset.pixels / c.dataset.perByte")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_everything_is_painted_and_nothing_is_too_wide(browser, server, name, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    open_page(page, server, name)
    for canvas in page.locator(PAGES[name]).all():
        assert canvas.evaluate(COLOURS) > 5
        assert canvas.get_attribute("aria-label")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    main = page.locator(".stMain")
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") <= 0
    context.close()


def test_each_token_adds_one_row_and_the_rectangles_are_bytes(page, server):
    open_page(page, server, "cache_grows")
    expect(page.locator(".headline")).to_contain_text("Prefill: all 10 tokens")
    rates = [kv_bytes_per_token(load_model(m).config, 4) for m in ("mini-gpt2", "mini-mla")]
    for tokens in range(10, 15):
        for side, rate in enumerate(rates):
            assert drawn_bytes(page, side) == pytest.approx(tokens * rate, rel=1e-6)
            expect(page.locator(".side .lower h3 small").nth(side)).to_have_text(
                f"{tokens * rate:,} B of {tokens} tokens"
            )
        page.locator("button.next").click()
    expect(page.locator(".headline")).to_contain_text("Decode: only the last token is computed")
    expect(page.locator(".counts tbody tr.on th").first).to_have_text("with a cache")
    page.wait_for_url("**step=15**")
    page.reload()
    expect(page.locator(".position")).to_contain_text("15 tokens", timeout=60_000)
    page.locator(".growth").press("Home")
    expect(page.locator(".position")).to_have_text("10 tokens · prefill")
    page.locator(".growth").press("ArrowRight")
    expect(page.locator(".position")).to_have_text("11 tokens · decode")


def test_without_a_cache_everything_is_computed_again(page, server):
    open_page(page, server, "cache_grows", "?step=13")
    page.locator(".memory input").nth(1).check()
    expect(page.locator(".headline")).to_contain_text("all 13 tokens are computed again")
    assert drawn_bytes(page, 0) == 0
    expect(page.locator(".side .lower h3 small").first).to_have_text("0 B of 0 tokens")
    expect(page.locator(".counts tbody tr.on th").first).to_have_text("without")
    page.wait_for_url("**cache=off**")
    cells = page.locator(".counts").first.locator("tbody tr").nth(1).locator("td")
    expect(cells.first).to_have_text(re.compile("^1346$"))  # 13, and 10 + 11 + 12 + 13 so far
    expect(cells.nth(1)).to_contain_text("106 M")  # 8,126,464 * 13 + 4,096 * 13^2


def test_storage_scales_the_rectangles_and_six_bits_are_marked(page, server):
    open_page(page, server, "cache_grows", "?step=12")
    full = drawn_bytes(page, 1)
    page.locator("select.storage").select_option("bf16")
    expect(page.locator(".kept").nth(1)).to_contain_text("Measured in the live cache: 15,360 B")
    assert drawn_bytes(page, 1) == pytest.approx(full / 2)
    expect(page.locator(".position")).to_contain_text("12 tokens")
    page.locator("select.storage").select_option("6bit")
    expect(page.locator(".kept").nth(1)).to_contain_text("By arithmetic only")
    assert drawn_bytes(page, 1) == pytest.approx(full * 0.75 / 4)


def test_more_is_generated_when_asked_and_models_can_be_switched(page, server):
    open_page(page, server, "cache_grows", "?step=22")
    page.locator("button.next").click()
    expect(page.locator(".position")).to_have_text("23 tokens · decode", timeout=60_000)
    page.get_by_text("Small GPT-2, made latent").click()
    expect(page.locator(".side h2 small").nth(1)).to_have_text("mini-gpt2@64", timeout=90_000)
    expect(page.locator(".position")).to_have_text("10 tokens · prefill")
    page.get_by_text("Small pair, built in").click()
    expect(page.locator(".side h2 small").nth(1)).to_have_text("mini-mla", timeout=60_000)


def test_cutting_the_cache_changes_what_comes_next(page, server):
    open_page(page, server, "cache_grows")
    first = page.locator(".gone .bars li").first
    expect(first).to_have_text(re.compile("␣blue.*99.8"))
    page.locator(".forget input").evaluate(
        "i => { i.value = 1; i.dispatchEvent(new Event('input')) }"
    )
    expect(page.locator(".forget p")).to_contain_text("Gone: 0·⟨start⟩")
    expect(first).not_to_contain_text("99.8")


def test_exact_values_are_told(page, server):
    open_page(page, server, "cache_grows")
    canvas = page.locator(".side .map canvas").first
    canvas.hover(position={"x": 120, "y": 50})
    tip = page.locator(".side .map .tip").first
    expect(tip).to_have_text(re.compile(r"X of 0·⟨start⟩, number \d+: −?[\d.]+, computed now"))


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


def test_points_open_their_models(page, server):
    open_page(page, server, "sharing_heads", "?layer=3")
    expect(page.locator(".plot button")).to_have_count(10)
    page.get_by_role("button", name=re.compile("^MLA, 16 \\+ 16: 32 numbers")).click()
    chosen = page.locator(".chosen .card")
    expect(chosen.locator("h2 small")).to_have_text("mini-mla-16", timeout=30_000)
    expect(chosen.locator(".source")).to_contain_text("recorded on cpu")
    page.wait_for_url("**point=mini-mla-16**")
    page.get_by_role("button", name=re.compile("^MHA: 512 numbers")).press("Enter")
    expect(chosen.locator("h2 small")).to_have_text("mini-mha", timeout=30_000)
    canvas = page.locator(".cards .card canvas").nth(3)
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 3, "y": 22})
    tip = page.locator(".cards .card .tip").nth(3)
    expect(tip).to_have_text(re.compile(r"head 0: 0·⟨start⟩ → 0·⟨start⟩: 1.0000"))
    own = trace(load_model("mini-mla", device="cpu"), PROMPTS["flag"], record=["pattern"])
    assert own.pattern[3, 0, 0, 0] == 1
