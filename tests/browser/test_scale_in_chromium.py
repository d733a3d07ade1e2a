"""The pages "At DeepSeek's scale" and "Claims, checked" in Chromium.

What they draw themselves: tests/components/test_gpu_memory.py and test_pattern_wall.py.
"""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import CHROMIUM
from ui.words.en import claims
from ui.words.en import deepseeks_scale as scale

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]
CHART = {"growth": "growth", "speed": "step", "ratios": "ratios"}  # part -> its Plotly chart


def drawn(address: str) -> str:
    """What shows that a page or a part of it has its picture."""
    if "memory" in address:
        return ".gpu-memory svg path"
    return ".pattern-wall .source" if "heads" in address else ".js-plotly-plot .main-svg"


def open_part(page: Page, server: str, part: str, query: str = "") -> None:
    page.goto(f"{server}/deepseeks_scale?part={part}{query}")
    if part == "heads":
        expect(page.locator(".pattern-wall .source")).to_contain_text("recorded on", timeout=60_000)
    else:
        expect(page.locator(drawn(part)).first).to_be_visible(timeout=60_000)
    # what is still to come pushes down what is below: a click on that would fall beside it
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=60_000)


def taken(page: Page, button: str, into: Path, place: int = 0) -> Path:
    with page.expect_download() as download:
        page.locator(f"button.{button}").nth(place).click()
    file = into / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_nothing_is_wider_than_the_screen(browser, server):
    context = browser.new_context()
    page = context.new_page()
    for address in [f"deepseeks_scale?part={part}" for part in scale.PARTS] + ["claims"]:
        page.goto(f"{server}/{address}")
        expect(page.locator(drawn(address)).first).to_be_visible(timeout=60_000)
        for width, height in [(390, 844), (1024, 768), (1440, 900)]:  # one load, three sizes
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()


@pytest.mark.parametrize("part", CHART)
def test_pictures_are_taken_along(page, server, tmp_path, part):
    open_part(page, server, part)
    png = taken(page, "png", tmp_path).read_bytes()
    assert png.startswith(b"\x89PNG") and len(png) > 5_000
    svg = taken(page, "svg", tmp_path).read_text(encoding="utf-8")
    assert svg.startswith("<svg") and "</text>" in svg and "</svg>" in svg and len(svg) > 1_000
    file = taken(page, "csv", tmp_path)
    assert file.name == f"{CHART[part]}.csv"
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert len(rows) > 1 and len({len(row) for row in rows}) == 1
    if part == "speed":  # the second picture is its own
        expect(page.locator(".js-plotly-plot")).to_have_count(2)
        assert taken(page, "csv", tmp_path, 1).name == "times.csv"
        assert "6×" in taken(page, "svg", tmp_path, 1).read_text(encoding="utf-8")


def test_a_link_says_what_is_looked_at(page, server):
    open_part(page, server, "memory")
    page.get_by_text("How fast").click()
    page.wait_for_url("**part=speed**")
    page.get_by_role("combobox").nth(1).click()
    page.keyboard.type("Llama 3.1 405B")
    page.keyboard.press("Enter")
    page.wait_for_url("**second=Llama**")
    expect(page.get_by_text("for Llama 3.1 405B")).to_be_visible()
    page.reload()
    expect(page.get_by_text("for Llama 3.1 405B")).to_be_visible(timeout=60_000)


def test_a_claim_is_chosen_and_its_inputs_changed(page, server):
    page.goto(f"{server}/claims")
    card = claims.CARDS["400gb"]
    page.get_by_text(card["claim"]).first.click()
    page.wait_for_url("**claim=400gb**")
    expect(page.get_by_text("399.77").first).to_be_visible()
    page.get_by_text(claims.INPUTS).click()
    tokens = page.get_by_role("spinbutton", name="tokens")
    tokens.fill("200000")
    tokens.press("Enter")
    expect(page.get_by_text("799.539").first).to_be_visible()
    expect(page.get_by_text(claims.CHANGED)).to_be_visible()
    page.get_by_role("button", name=claims.BACK).click()
    expect(page.get_by_text("399.77").first).to_be_visible()


def test_a_config_is_pasted(page, server):
    open_part(page, server, "memory")
    page.get_by_text(scale.OWN).first.click()
    page.get_by_role("textbox").last.fill('{"model_type": "llama", "num_hidden_layers": 0}')
    page.get_by_role("button", name=scale.OWN_USE).click()
    expect(page.get_by_text("num_hidden_layers is 0")).to_be_visible(timeout=90_000)
