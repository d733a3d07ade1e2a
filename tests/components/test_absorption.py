"""Both decode paths in a bare page: the context, the sizes and the algebra."""

import pytest
from playwright.sync_api import expect

from mla_core.arithmetic.accounting import DEEPSEEK_V2
from mla_core.experiments.absorption import Paths
from tests.components import recorded
from ui.state.parameters import View

MOST_TOKENS = View.absorption_context.high

TOKENS = 10  # of the flag


def test_the_counted_products_stand_in_the_cards(bare):
    paths = Paths.load(recorded.path("flag.mini-mla.absorbed.npz"))
    shown = bare.show("absorption", recorded.absorption())
    for i, name in enumerate(("naive", "absorbed")):
        expect(shown.locator(".total").nth(i)).to_contain_text(f"{paths.counts[f'macs_{name}']:,}")


def test_the_context_is_marked_as_run_or_as_formula_and_told(bare):
    data = recorded.absorption()
    shown = bare.show("absorption", data)
    says = shown.locator(".formula")
    expect(says).to_contain_text(data["words"]["ran"])
    shown.locator(".context").fill("17")
    expect(shown.locator(".growth output")).to_contain_text(f"{MOST_TOKENS:,}")
    expect(says).to_contain_text(data["words"]["beyond"])
    bare.expect_event("option", ["context", MOST_TOKENS])
    shown.locator(".shape").select_option("deepseek")
    bare.expect_event("option", ["shape", "deepseek"])
    read = DEEPSEEK_V2.absorbed(MOST_TOKENS).cache_values * 2  # bytes in bfloat16
    expect(says).to_contain_text(f"{read / 1e6:.0f} MB")


@pytest.mark.parametrize("context", [1, 1234, MOST_TOKENS])
def test_a_link_holds_the_context_and_the_sizes(bare, context):
    shown = bare.show("absorption", recorded.absorption(context=context, shape="deepseek"))
    expect(shown.locator(".growth output")).to_have_text(f"{context:,} tokens")
    expect(shown.locator(".shape")).to_have_value("deepseek")
    assert bare.events() == []


def test_an_older_answer_does_not_move_the_hand(bare):
    shown = bare.show("absorption", recorded.absorption())
    shown.locator(".context").fill("17")
    bare.show("absorption", recorded.absorption())
    expect(shown.locator(".growth output")).to_contain_text(f"{MOST_TOKENS:,}")
    bare.expect_event("option", ["context", MOST_TOKENS])
    bare.show("absorption", recorded.absorption(context=MOST_TOKENS))
    bare.show("absorption", recorded.absorption())  # the Back button
    expect(shown.locator(".growth output")).to_contain_text(f"{TOKENS} ")


def test_both_sides_of_each_step_agree(bare):
    shown = bare.show("absorption", recorded.absorption())
    expect(shown.locator(".step .difference")).to_have_count(3)
    for key in ("1", str(TOKENS - 1)):
        shown.locator("select.key").select_option(key)
        left, right = (
            float(text.split("= ")[1].replace("−", "-"))
            for text in shown.locator(".step .result").all_inner_texts()
        )
        assert left == pytest.approx(right, abs=1e-4)
    for text in shown.locator(".step .difference").all_inner_texts():
        assert float(text.split(": ")[1].replace("−", "-")) < 1e-4


def test_the_score_of_the_check_is_the_layers_own(bare):
    """q·k, scaled, is the content part of the score in the trace."""
    data = recorded.absorption()
    trace = recorded.traces()[1]
    shown = bare.show("absorption", data)
    key = data["key"]
    text = shown.locator(".step .result").first.inner_text()
    told = float(text.split("= ")[1].replace("−", "-"))
    config = trace.config
    scale = (config.qk_nope_head_dim + config.qk_rope_head_dim) ** -0.5
    content = recorded.moved()[1].trace.content_scores
    assert told * scale == pytest.approx(
        content[data["layer"], data["head"], TOKENS - 1, key], abs=1e-3
    )


def test_another_head_is_told(bare):
    shown = bare.show("absorption", recorded.absorption())
    shown.locator("select.layer").select_option("5")
    assert bare.events() == [["head", ["mini-mla", 5, recorded.HEADS["mini-mla"][1]]]]
