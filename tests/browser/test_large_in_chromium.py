"""A large model alone, in Chromium: the way there and back, its heads, a chat."""

import pytest
from playwright.sync_api import expect

from tests.browser.serving import CHROMIUM, serve
from tests.large import SIZES, make

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: `apt-get install chromium` makes the browser tests run",
    ),
    pytest.mark.xdist_group("browser"),
]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = make(tmp_path_factory.mktemp("youtu"))
    with serve(MLA_EXPLORER_YOUTU_LLM_2B=str(directory)) as url:
        yield url


def still(page):
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1, timeout=90_000)


def test_there_and_back(page, server):
    """The same component draws two models, then one, then two again."""
    page.goto(f"{server}/every_head")
    walls = page.locator(".every-head .heads")
    expect(walls).to_have_count(2, timeout=90_000)
    still(page)
    page.get_by_text("A large MLA model", exact=True).click()
    expect(walls).to_have_count(1, timeout=90_000)
    expect(walls).to_contain_text("youtu-llm-2b")
    told = f"{SIZES['num_hidden_layers']} layers × {SIZES['num_attention_heads']} heads"
    expect(page.get_by_text(told)).to_be_visible()
    canvas = walls.locator("canvas")
    canvas.click(position={"x": 40, "y": 60})
    expect(page.locator(".every-head .which")).to_contain_text("Layer 0, head 0")
    still(page)
    page.get_by_text("Look inside this head").click()
    expect(page.locator(".inside-one-head .scene canvas").first).to_be_visible(timeout=90_000)
    assert "youtu-llm-2b=0.0" in page.url and "pair=large" in page.url
    still(page)
    page.get_by_text("Small pair, built in", exact=True).click()
    expect(page.locator(".inside-one-head .attention")).to_be_visible(timeout=90_000)
    page.goto(f"{server}/every_head")
    expect(walls).to_have_count(2, timeout=90_000)


def test_its_text_as_a_chat_on_a_phone(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}/?pair=large&large=youtu-llm-2b")
    expect(page.locator(".side-by-side .chip").first).to_have_text("⟨start⟩", timeout=90_000)
    expect(page.locator(".side-by-side .sides h2")).to_have_count(1)
    still(page)
    page.get_by_text("Chat template").click()
    expect(page.locator(".side-by-side .chips")).to_contain_text("user", timeout=90_000)
    assert page.evaluate(WIDER) <= 0 and not errors
    context.close()
