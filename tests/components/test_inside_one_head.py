"""Inside one head in a bare page: the scenes, the cells, and where each number comes from."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from mla_core import trace
from mla_core.engine import Engine
from mla_core.experiments.inside_one_head import Dissect
from tests.components import recorded
from tests.components.bare import Bare
from ui import catalogue
from ui.components.inside_one_head import matrix_data
from ui.components.inside_one_head.scenes import scenes


def open_it(bare: Bare, model: str = "mini-gpt2", **options: str) -> Locator:
    return bare.show("inside_one_head", recorded.inside_one_head(model, **options))


def step_of(shown: Locator) -> int:
    return int(shown.locator(".scrub").input_value())


def scene_of(shown: Locator) -> int:
    """Which scene is marked on the way, counted from 1."""
    items = shown.locator(".path li")
    return 1 + items.evaluate_all("all => all.findIndex(i => i.className === 'now')")


@pytest.fixture
def still(bare_page):
    """For a reader who likes no motion: what is drawn stands where it stays."""
    return bare_page(reduced_motion="reduce")


def test_buttons_keys_and_the_way_step_through_the_scenes(still):
    shown = open_it(still)
    title = shown.locator(".telling h2")
    first = title.inner_text()
    shown.locator(".transport .next").click()
    expect(title).not_to_have_text(first)
    for _ in range(4):
        still.page.keyboard.press("ArrowRight")
    assert step_of(shown) == scene_of(shown) == 6
    shown.locator(".path button").nth(2).click()
    assert step_of(shown) == 3
    still.page.keyboard.press("End")
    assert step_of(shown) == scene_of(shown) == 13
    shown.locator(".transport .back").click()
    assert step_of(shown) == 12
    still.expect_event("step", [11, recorded.inside_one_head()["subject"]])  # counted from 0


def test_playing_to_the_end_tells_python_once(still):
    still.stop_clock()
    shown = open_it(still, "mini-mla")
    shown.locator(".play").click()
    still.page.clock.run_for(120_000)
    assert step_of(shown) == scene_of(shown) == 17
    assert [name for name, _ in still.events()] == ["step"]


def test_one_query_is_followed_where_one_row_is_shown(still):
    shown = open_it(still, stage="5")
    rows = shown.locator(".scene .veil")
    assert rows.count() > 0
    before = rows.first.evaluate("v => v.style.height")
    shown.locator("select.query").select_option("3")
    assert rows.first.evaluate("v => v.style.height") != before


def test_a_cell_says_what_it_is_made_of(still):
    shown = open_it(still, stage="7")
    shown.locator(".scene .cells").last.click(position={"x": 90, "y": 190})
    answer = shown.locator(".answer")
    told = re.match(r"S\[(\d+)·.*, (\d+)·.*\] = (−?[\d.]+)", answer.locator("h3").inner_text())
    assert told is not None
    assert answer.locator(".formula").first.inner_text().endswith(f"= {told[3]}")
    scores = recorded.anatomy("mini-gpt2").matrices["scores"].values
    shown_score = float(told[3].replace("−", "-"))
    assert shown_score == pytest.approx(scores[int(told[1]), int(told[2])], abs=6e-5)


def test_shift_and_arrows_move_the_chosen_cell(still):
    shown = open_it(still, stage="7")
    shown.locator(".scene .cells").last.click(position={"x": 35, "y": 100})
    title = shown.locator(".answer h3")
    expect(title).to_contain_text("S[4·␣is, 1·The]")
    for key in ("Shift+ArrowDown", "Shift+ArrowRight"):
        still.page.keyboard.press(key)
    expect(title).to_contain_text("S[5·␣red, 2·␣American]")
    for key in ("Shift+ArrowUp", "Shift+ArrowLeft"):
        still.page.keyboard.press(key)
    expect(title).to_contain_text("S[4·␣is, 1·The]")
    assert step_of(shown) == 8


def test_what_stays_in_the_cache_is_marked(still):
    shown = open_it(still, "mini-mla", stage="2")
    assert shown.locator(".cells.cached").count() > 0


def test_biases_and_the_first_token_can_be_hidden(still):
    shown = open_it(still, stage="2")
    bias = shown.locator(".scene figcaption", has_text="b_Q")
    expect(bias).to_be_visible()
    shown.get_by_label("Show biases").uncheck()
    expect(bias).to_have_count(0)
    rows = shown.locator(".scene .rows").first
    expect(rows).to_contain_text("0·⟨start⟩")
    shown.get_by_label("Hide the first token").check()
    expect(rows).not_to_contain_text("0·⟨start⟩")
    assert still.events("option") == [["biases", "hidden"], ["first_token", "hidden"]]


def test_another_head_or_model_is_told(still):
    shown = open_it(still)
    shown.locator("select.head").select_option("5")
    for way in ("naive", "absorbed"):
        shown.locator("select.attention").select_option(way)
    told = [["option", ["attention", way]] for way in ("naive", "absorbed")]
    assert still.events() == [["head", ["mini-gpt2", 3, 5]], *told]


def test_the_absorbed_way_rebuilds_no_key(still):
    shown = open_it(still, "mini-mla", stage="6")
    expect(shown.locator(".scene figcaption", has_text="k_C")).to_be_visible()
    shown.locator(".scene .cells").last.click(position={"x": 20, "y": 60})
    expect(shown.locator(".answer h3")).to_contain_text("k_C[")
    # the same page with other matrices: what was asked about is no more
    still.show("inside_one_head", recorded.inside_one_head("mini-mla", way="absorbed", stage="6"))
    expect(shown.locator(".answer h3")).not_to_contain_text("k_C[")
    expect(shown.locator(".telling h2")).to_have_text("The query moves into the latent")
    letters = shown.locator(".scene figcaption b")
    assert letters.all_inner_texts() == ["q_C", "W_UKᵀ", "W_UKᵀq"]
    still.page.keyboard.press("ArrowRight")
    assert letters.all_inner_texts() == ["W_UKᵀq", "c_KVᵀ", "W_UKᵀq·c_KV"]
    assert shown.locator(".path li").count() == 17
    made: set[str] = set()
    for step in range(17):
        shown.locator(".path button").nth(step).click()
        made |= set(letters.all_inner_texts())
    assert {"A", "A c_KV", "W_UV", "Z"} <= made and not {"k_C", "V"} & made


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_only_readers_who_like_motion_see_it(bare_page, motion, moves):
    shown = open_it(bare_page(reduced_motion=motion))
    running = """e => { e.querySelector('.next').click();
      return [...e.querySelectorAll('.matrix')].flatMap(m => m.getAnimations()).length }"""
    assert (shown.locator("section").evaluate(running) > 0) == moves


EXPLAIN_ALL = """async data => {
  const {doubles, floats} = await import('/lib/arrays.js');
  const {explain, shown} = await import('/inside_one_head/explain.js');
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


@pytest.mark.parametrize(
    ("model", "absorbed", "steps"),
    [("mini-gpt2", False, 13), ("mini-mla", False, 17), ("mini-mla", True, 17)],
)
def test_every_number_is_the_sum_of_its_parts_and_the_traces(bare, model, absorbed, steps):
    """All steps, all ready-made prompts: each cell explained by the page's own code."""
    engine = Engine()
    everything = 0
    for prompt in catalogue.PROMPTS.values():
        anatomy = engine.run(Dissect(model, prompt, 1, 4, absorbed))
        found = scenes(anatomy)
        assert len(found) == steps
        shown = {
            item.partition(":")[0] for scene in found for line in scene.lines for item in line
        } & set(anatomy.matrices)
        matrices = {n: matrix_data(n, m, anatomy) for n, m in anatomy.matrices.items()}
        told: dict[str, Any] = bare.page.evaluate(
            EXPLAIN_ALL, {"matrices": matrices, "shown": sorted(shown)}
        )
        assert not told["wrong"], told["wrong"][:5]
        everything += told["cells"]
        own = trace(engine._pool.model(model), prompt)
        n = len(own.tokens)
        assert "pattern" in shown and "scores" in shown
        pattern = np.array(told["found"]["pattern"], dtype=float).reshape(n, n)
        assert np.abs(pattern - own.pattern[1, 4]).max() < 2e-5
        z = np.array(told["found"]["z"]).reshape(n, -1)
        assert np.abs(z - own.z[1, 4]).max() < 1e-4
    assert everything > 300_000
