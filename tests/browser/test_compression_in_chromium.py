"""The page "Latent compression" in Chromium, and GPT-2's download from a stand-in for the hub.

What it draws: tests/components/test_latent_compression.py.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from mla_core.models.locate import ASSETS
from tests.browser.serving import CHROMIUM, serve
from tests.hub_stand_in import stand_in_for_the_hub

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: `apt-get install chromium` makes the browser tests run",
    ),
    pytest.mark.xdist_group("browser"),
]

PAINTED = """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  return new Set(Array.from({length: d.length / 4}, (_, i) => d.slice(4 * i, 4 * i + 4).join())).size }"""


def open_lab(page: Page, server: str, query: str = "") -> None:
    page.goto(f"{server}/latent_compression{query}")
    expect(page.locator(".latent-compression .kl")).to_contain_text("nats")


def slide(page: Page, rank: int) -> None:
    page.get_by_role("slider", name="Size of the latent").fill(str(rank))


def test_the_page_opens_on_a_recording_and_goes_live(page, server):
    open_lab(page, server)
    expect(page.locator(".headline")).to_have_text("64 numbers")
    expect(page.locator(".rate")).to_contain_text("2,048 B a token in 8 layers")
    expect(page.locator(".rate")).to_contain_text("8.0 times smaller")
    for canvas in page.locator(".latent-compression canvas").all():
        assert canvas.evaluate(PAINTED) > 5
    expect(page.locator(".source")).to_contain_text("computed now on", timeout=90_000)
    expect(page.locator(".fails")).to_contain_text("The first head to lose its place is layer")
    expect(page.get_by_text("The ring is your choice, measured now")).to_be_visible()
    expect(page.get_by_text("Drop the key bias.")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


def test_the_slider_moves_everything_and_the_link(page, server):
    open_lab(page, server)
    expect(page.locator(".source")).to_contain_text("computed now on", timeout=90_000)
    before = page.locator(".kl").inner_text()
    slide(page, 256)
    expect(page.locator(".rate")).to_contain_text("2.0 times smaller")
    expect(page.locator(".source")).to_contain_text("mini-gpt2@256")
    expect(page.locator(".kl")).to_contain_text(re.compile(r"0\.0000 nats at the last token"))
    for rank in range(250, 8, -7):  # many in a row end at the last
        slide(page, rank)
    slide(page, 8)
    expect(page.locator(".source")).to_contain_text("mini-gpt2@8")
    expect(page.locator(".kl")).not_to_have_text(before)
    page.wait_for_url("**rank=8")
    page.reload()
    expect(page.locator(".headline")).to_have_text("8 numbers")


def test_a_head_reaches_the_link(page, server):
    open_lab(page, server)
    page.locator("select.layer").select_option("6")
    page.wait_for_url("**mini-gpt2=6.3**")
    expect(page.locator(".latent h3")).to_contain_text("layer 6")


def test_options_change_the_picture_and_the_link(page, server):
    open_lab(page, server)
    page.locator("select.method").select_option("joint")
    page.wait_for_url("**method=joint**")
    expect(page.locator(".source")).to_contain_text("mini-gpt2@64/joint", timeout=90_000)
    page.locator("select.ranks").select_option("per_layer")
    page.wait_for_url("**ranks=per_layer**")
    expect(page.locator(".source")).to_contain_text("joint/layerwise")
    page.locator("select.measure").select_option("values")
    page.wait_for_url("**measure=values**")
    page.get_by_text("mini-mha: rotated keys").click()
    page.wait_for_url("**converted=mini-mha**")
    expect(page.locator(".source")).to_contain_text("mini-mha@64", timeout=90_000)
    expect(page.get_by_text("can run the naive path only")).to_be_visible()


def test_typing_another_text_redraws(page, server):
    open_lab(page, server)
    page.locator("textarea.text").fill("Bees make")
    page.locator("textarea.text").press("Enter")
    expect(page.locator(".source")).to_contain_text("computed now on", timeout=90_000)
    expect(page.locator(".pairs code", has_text="honey")).to_be_visible()


def test_nothing_is_wider_than_a_phone(browser, server):
    """Other sizes: tests/components/test_every_component.py."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_lab(page, server, "?rank=40")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    for canvas in page.locator(".latent-compression canvas").all():
        box = canvas.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    context.close()


def test_gpt2_is_downloaded_cancelled_resumed_and_run(page, tmp_path):
    """mini-gpt2's files stand for GPT-2's: the same format, slowed down so as to be cancelled."""
    with stand_in_for_the_hub(ASSETS / "models" / "mini-gpt2") as (hub, address):
        hub.delay = 0.1  # seven minutes in all: however slow the rest is, it is still under way
        cache = tmp_path / "cache"
        offline = {"HF_HUB_OFFLINE": "0", "HF_HUB_CACHE": str(tmp_path / "none")}
        with serve(HF_ENDPOINT=address, MLA_EXPLORER_CACHE=str(cache), **offline) as url:
            page.goto(url)
            page.get_by_text("GPT-2 itself").click()
            page.wait_for_url("**pair=gpt2**")
            page.get_by_role("button", name="Download GPT-2 (548 MB)").click()
            expect(page.get_by_text(re.compile(r"[\d.]+ of [\d.]+ MB"))).to_be_visible()
            # nobody else waits: another reader uses the built-in pair meanwhile
            other = page.context.new_page()
            other.goto(f"{url}/?prompt=Bees+make")
            expect(other.locator(".chip").nth(2)).to_be_visible(timeout=90_000)
            other.close()
            page.get_by_role("button", name="Cancel").click()
            go_on = page.get_by_role("button", name="Go on with the download")
            expect(go_on).to_be_visible()
            part = cache / "models" / "gpt2" / "model.safetensors.part"
            here = part.stat().st_size
            assert 0 < here < len(hub.files["model.safetensors"])
            hub.status = 429
            go_on.click()
            expect(page.get_by_text("asked too often (429)")).to_be_visible()
            hub.status, hub.delay = None, 0.0
            go_on.click()
            expect(page.locator(".side-by-side canvas")).to_have_count(2, timeout=120_000)
            resumed = [r for m, name, r in hub.asked if m == "GET" and "model" in name]
            assert resumed[-1] == f"bytes={here}-"
            expect(page.locator(".side h2 small").nth(1)).to_have_text("gpt2@64")
            page.wait_for_load_state("networkidle")
            page.get_by_role("link", name="Latent compression").click()
            lab = page.locator(".latent-compression .source")
            expect(lab).to_contain_text("gpt2@64", timeout=60_000)
