"""The pages "Every head", "Inside one head", "Absorption" and "Position" in Chromium."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from mla_core import load_model, trace
from mla_core.engine import Engine
from mla_core.experiments.inside_one_head import Dissect
from tests.browser.serving import CHROMIUM
from ui.catalogue import PROMPTS
from ui.components import script
from ui.components.inside_one_head import matrix_data
from ui.components.inside_one_head.scenes import scenes

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
    "position": ".positions .both canvas",
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
@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_nothing_is_wider_than_the_screen(browser, server, name, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    open_page(page, server, name, "?attention=MLA")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    main = page.locator(".stMain")
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") <= 0
    context.close()


def tile(page: Page, side: int, layer: int, head: int) -> dict[str, float]:
    """The middle of a head's tile on the wall in the order by layer, 8 heads a row."""
    width = page.locator(".heads canvas").nth(side).bounding_box()["width"]
    size = int((width - 30) / 8)
    return {"x": 30 + (head + 0.5) * size, "y": 22 + (layer + 0.5) * size}


def test_a_click_on_the_wall_opens_that_head_and_the_link_restores_it(page, server):
    open_page(page, server, "every_head")
    live(page)
    page.locator(".heads canvas").nth(0).click(position=tile(page, 0, 5, 0))
    expect(page.locator(".which")).to_have_text(re.compile("Layer 5, head 0.*mini-gpt2"))
    expect(page.locator(".kindline")).to_contain_text("previous token: on the previous token")
    page.wait_for_url("**mini-gpt2=5.0**")
    page.goto(f"{server}/every_head?mini-mla=6.3")
    expect(page.locator(".which")).to_have_text(re.compile("Layer 6, head 3.*mini-mla"))


def test_the_wall_tells_exact_values_and_effects(page, server):
    open_page(page, server, "every_head")
    live(page)
    expect(page.locator(".effect")).to_contain_text("Without this head", timeout=60_000)
    expect(page.locator(".headline")).to_contain_text("Without this head")
    place = tile(page, 1, 1, 4)
    canvas = page.locator(".heads canvas").nth(1)
    canvas.hover(position=place)
    tip = page.locator(".heads .tip").nth(1)
    expect(tip).to_contain_text("layer 1, head 4")
    told = re.search(r"(\d+)·.* → (\d+)·.*: ([\d.]+)", tip.inner_text())
    assert told is not None
    query, key, value = told.groups()
    own = trace(load_model("mini-mla", device="cpu"), PROMPTS["flag"], record=["pattern"])
    assert float(value) == pytest.approx(own.pattern[1, 4, int(query), int(key)], abs=2e-6)


def test_orders_filters_and_keys(page, server):
    open_page(page, server, "every_head", "?order=kind")
    live(page)
    expect(page.locator(".effect")).to_contain_text("Without this head", timeout=60_000)
    expect(page.locator("select.order")).to_have_value("kind")
    tall = page.locator(".heads canvas").first.bounding_box()["height"]
    page.locator("select.order").select_option("layer")
    page.wait_for_url("**order=layer**")
    assert page.locator(".heads canvas").first.bounding_box()["height"] < tall
    page.locator("select.order").select_option("effect")
    page.locator("select.kind").select_option("sink")
    page.wait_for_url("**kind=sink**")
    page.locator("select.order").select_option("layer")
    page.wait_for_url("**order=layer**")
    canvas = page.locator(".heads canvas").nth(1)
    canvas.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".which")).to_contain_text("Layer 2, head 6")  # it opened on 1.4
    page.wait_for_url("**mini-mla=2.6**")


def test_the_difference_of_a_conversion(page, server):
    open_page(page, server, "every_head", "?pair=same&compare=difference")
    expect(page.locator(".which")).to_contain_text("Layer", timeout=90_000)
    page.locator(".heads canvas").nth(1).click(position=tile(page, 1, 4, 4))
    expect(page.locator(".which")).to_contain_text("mini-gpt2@64 minus the original")
    expect(page.locator(".legend")).to_contain_text("+0.5")
    expect(page.locator("label.pairwise")).to_be_visible()
    open_page(page, server, "every_head")
    expect(page.locator("label.pairwise")).to_be_hidden()


def test_the_stage_of_a_head_steps_plays_and_answers(page, server):
    open_page(page, server, "inside_one_head")
    live(page)
    title = page.locator(".telling h2")
    expect(title).to_have_text("The words come in")
    page.get_by_role("button", name="Next").click()
    expect(title).to_have_text("Normalise")
    page.locator(".inside-one-head").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(title).to_have_text("One query meets all keys")
    page.wait_for_url("**stage=5**")
    expect(page.locator(".veil")).not_to_have_count(0)
    page.locator(".path button", has_text="mask").click()
    page.wait_for_timeout(800)
    cells = page.locator(".scene .cells").last
    cells.click(position={"x": 90, "y": 190})
    answer = page.locator(".answer")
    expect(answer).to_contain_text(re.compile(r"S\[\d+·.*\] = "))
    value = re.search(r"= (−?[\d.]+)", answer.locator("h3").inner_text()).group(1)
    assert answer.locator(".formula").first.inner_text().endswith(f"= {value}")
    page.get_by_role("button", name="Back").click()
    expect(title).to_have_text("All queries, all keys")
    page.keyboard.press("End")
    expect(title).to_have_text("Added to the stream")
    page.go_back()
    page.goto(f"{server}/inside_one_head?attention=MLA&stage=2")
    expect(page.locator(".telling h2")).to_have_text("One latent for all heads")
    expect(page.locator(".cached figcaption, .cells.cached")).not_to_have_count(0)
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".telling h2")).to_have_text("One small key with the position")
    page.get_by_role("button", name="Pause").click()


def test_biases_and_the_first_token_can_be_hidden(page, server):
    open_page(page, server, "inside_one_head", "?stage=2")
    live(page)
    bias = page.locator(".scene figcaption", has_text="b_Q")
    expect(bias).to_be_visible()
    page.get_by_label("Show biases").uncheck()
    expect(bias).to_have_count(0)
    page.wait_for_url("**biases=hidden**")
    expect(page.locator(".scene .rows").first).to_contain_text("0·⟨start⟩")
    page.get_by_label("Hide the first token").check()
    expect(page.locator(".scene .rows").first).not_to_contain_text("0·⟨start⟩")
    page.wait_for_url("**sink=hidden**")


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_only_readers_who_like_motion_see_it(browser, server, motion, moves):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion=motion)
    page = context.new_page()
    open_page(page, server, "inside_one_head")
    live(page)
    running = """e => { e.querySelector('.next').click();
      return [...e.querySelectorAll('.matrix')].flatMap(m => m.getAnimations()).length }"""
    assert (page.locator(".inside-one-head").evaluate(running) > 0) == moves
    context.close()


def test_the_context_slider_marks_what_ran_and_what_is_formula(page, server):
    open_page(page, server, "absorption")
    live(page)
    says = page.locator(".absorption .formula")
    expect(says).to_contain_text("This is what just ran.")
    expect(page.locator(".absorption .total").first).to_have_text(
        "334,080 multiply-adds, counted while it ran"
    )
    page.get_by_label("Tokens in the cache").fill("17")
    expect(says).to_contain_text("By formula")
    expect(page.locator(".absorption output")).to_have_text("131,072 tokens")
    page.get_by_label("Sizes").select_option(label="a layer of DeepSeek-V2, V3 or R1, bfloat16")
    expect(says).to_contain_text("bytes" if False else "times fewer")
    # 131,072 tokens of 576 numbers of 2 bytes
    expect(says).to_contain_text("Cache read by both: 151 MB")
    expect(page.locator(".step .difference")).to_have_count(3)
    left, right = page.locator(".step .result").all_inner_texts()
    assert float(left.split("= ")[1].replace("−", "-")) == pytest.approx(
        float(right.split("= ")[1].replace("−", "-")), abs=1e-4
    )


def test_moving_the_sentence(page, server):
    open_page(page, server, "position")
    live(page)
    page.get_by_label("Move the whole sentence").fill("9")
    expect(page.locator(".positions output")).to_have_text("by 200: positions 200 to 209")
    gpt2, mla = page.locator(".both .side > p").all_inner_texts()
    assert "every position has a vector of its own" in gpt2
    assert re.search(r"No score changes by more than \d\.\de−\d", mla)
    assert "“␣blue” (99.6 %)" in mla
    page.get_by_label("Take all positions away").check()
    expect(page.locator(".both .side > p").nth(1)).to_contain_text("Without rotation")
    expect(page.locator(".both .bars code").nth(5)).not_to_have_text("␣blue")
    expect(page.locator(".demonstration tr")).to_have_count(11)


def test_what_the_reader_looks_at_goes_along_to_other_pages(page, server):
    open_page(page, server, "every_head", "?prompt=Bees+make&mini-mla=6.3")
    live(page)
    page.get_by_role("button", name="Look inside this head").click()
    page.wait_for_url("**/inside_one_head?**")
    expect(page.locator("select.layer")).to_have_value("6", timeout=60_000)
    expect(page.locator("select.attention")).to_have_value("MLA")
    for title, name in (("Position", "position"), ("Absorption", "absorption")):
        page.get_by_role("link", name=title).click()
        expect(page.locator(PAGES[name]).first).to_be_visible(timeout=60_000)
        assert "prompt=Bees+make" in page.url and "mini-mla=6.3" in page.url
        expect(page.locator("input.text")).to_have_value("Bees make")
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
        assert {"inside_one_head": "c_kv", "absorption": "q_latent", "position": "k_rope"}[
            name
        ] in file


def test_shift_and_arrows_move_the_chosen_cell(page, server):
    open_page(page, server, "inside_one_head", "?stage=7")
    live(page)
    page.locator(".scene .cells").last.click(position={"x": 35, "y": 100})
    title = page.locator(".answer h3")
    expect(title).to_contain_text("S[4·␣is, 1·The]")
    page.locator(".inside-one-head").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    expect(title).to_contain_text("S[5·␣red, 2·␣American]")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowLeft")
    expect(title).to_contain_text("S[4·␣is, 1·The]")


EXPLAIN_ALL = """data => {
  const matrices = Object.fromEntries(Object.entries(data.matrices).map(([name, m]) => [name,
    {...m, values: m.wide ? doubles(m.data) : Float64Array.from(floats(m.data))}]));
  const wrong = []; let cells = 0; const found = {};
  for (const name of data.shown) {
    const m = matrices[name];
    const kept = ['pattern', 'z'].includes(name) ? (found[name] = []) : [];
    for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++) {
      const value = m.values[i * m.columns + j];
      const told = explain(matrices, name, i, j);
      kept.push(told.value);
      cells += 1;
      const same = Number.isNaN(value) ? told.how === 'future' : shown(told.value) === shown(value);
      if (!same) wrong.push([name, i, j, value, told.value]);
      if (told.products && shown(told.sum + (told.bias ?? 0)) !== shown(value)) wrong.push([name, 'sum']);
    }
  }
  return {wrong, cells, found};
}"""


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla"])
def test_every_number_of_the_stage_is_the_sum_of_its_parts_and_the_traces(browser, name):
    """All steps, all recorded prompts: each cell explained by the page's own code."""
    engine = Engine()
    page = browser.new_page()
    page.add_script_tag(content=script("inside", "explain").split("// One head, step by step")[0])
    everything = 0
    for prompt in PROMPTS.values():
        anatomy = engine.run(Dissect(name, prompt, 1, 4))
        steps = scenes(anatomy)
        assert len(steps) == (13 if name == "mini-gpt2" else 17)
        shown = {
            item.partition(":")[0] for scene in steps for line in scene.lines for item in line
        } & set(anatomy.matrices)
        matrices = {n: matrix_data(n, m, anatomy) for n, m in anatomy.matrices.items()}
        told: dict[str, Any] = page.evaluate(
            EXPLAIN_ALL, {"matrices": matrices, "shown": sorted(shown)}
        )
        assert not told["wrong"], told["wrong"][:5]
        everything += told["cells"]
        own = trace(engine._pool.model(name), prompt)
        n = len(own.tokens)
        assert "pattern" in shown and "scores" in shown
        pattern = np.array(told["found"]["pattern"], dtype=float).reshape(n, n)
        assert np.abs(pattern - own.pattern[1, 4]).max() < 2e-5
        z = np.array(told["found"]["z"]).reshape(n, -1)
        assert np.abs(z - own.z[1, 4]).max() < 1e-4
    page.close()
    assert everything > 300_000
