"""The prompt bar on a page: what is too long is offered cut, and what a link says runs or is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ui.components.prompt_bar as prompt_bar
import ui.components.side_by_side as side_by_side
from tests.pages.driving import open_page, spy_on
from ui.opening.prompt import _submitted, _typed
from ui.opening.token_count import count_tokens
from ui.state.parameters import MAX_CHARACTERS, MAX_TOKENS
from ui.words.en import common as words

LONG = " ".join(f"The cat number {i} sat on the mat." for i in range(149))


@pytest.fixture
def bars(monkeypatch):
    return spy_on(monkeypatch, prompt_bar)


@pytest.fixture
def stages(monkeypatch):
    return spy_on(monkeypatch, side_by_side)


def test_a_long_text_in_a_link_is_offered_cut_and_the_cut_one_runs(bars, stages):
    app = open_page("side_by_side", prompt=LONG)
    assert not app.exception and not stages
    bar = bars[-1]
    assert bar["prompt"] == bar["draft"] == LONG and bar["problem"]
    cut = bar["cut"]
    assert LONG.startswith(cut["text"]) and LONG[len(cut["text"])] in " "
    app = open_page("side_by_side", prompt=cut["text"])
    assert not app.exception and not app.error
    assert stages[-1]["sides"][0]["promptLength"] in range(MAX_TOKENS - 8, MAX_TOKENS + 1)
    assert cut["label"] == words.CUT.format(count=stages[-1]["sides"][0]["promptLength"])
    assert bars[-1]["cut"] is None and not bars[-1]["problem"]


@pytest.mark.parametrize("name", ["sharing_heads", "cache_grows", "every_head"])
def test_a_long_text_is_one_sentence_on_every_page(name, bars):
    app = open_page(name, prompt=LONG)
    assert not app.exception and not app.error
    assert f"the page takes {MAX_TOKENS}" in bars[-1]["note"] and bars[-1]["cut"]


def test_the_page_says_so_where_the_bar_counts_for_other_models():
    app = open_page("sharing_heads", prompt=LONG, pair="large")
    assert not app.exception
    assert [f"the page takes {MAX_TOKENS}" in error.value for error in app.error] == [True]


@pytest.mark.parametrize(
    "query",
    [
        {"top_k": "5"}, {"top_k": "0"}, {"top_k": "many"}, {"top_k": "5", "temperature": "1.5"},
        {"temperature": "5e-324"}, {"temperature": "1e-40", "seed": "7"},
    ],
)  # fmt: skip
def test_what_a_link_may_say_runs(query, stages):
    app = open_page("side_by_side", prompt="Bees make", step="8", **query)
    assert not app.exception and not app.error
    assert len(stages[-1]["sides"][1]["tokens"]) > 8


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.sampled_from("ab c\n\t国😀,."), min_size=1, max_size=60),
    times=st.integers(1, 40),
)
def test_what_is_offered_fits_and_is_how_the_text_begins(text, times):
    counted = count_tokens(text * times)
    if counted.fits or not text.strip():
        assert counted.cut is None
        return
    assert counted.cut is not None
    cut, count = counted.cut
    assert (text * times).startswith(cut)
    assert count_tokens(cut).note == words.COUNT.format(count=count, limit=MAX_TOKENS)
    assert count > 1 and count_tokens(cut).fits


@pytest.mark.parametrize("text", ["a" * MAX_CHARACTERS, "国" * 500, "x" * 500 + " y"])
def test_a_word_that_is_too_long_is_cut_within(text):
    counted = count_tokens(text)
    assert counted.cut is not None and MAX_TOKENS - 3 <= counted.cut[1] <= MAX_TOKENS


def test_half_a_character_that_is_typed_becomes_a_sign(monkeypatch):
    """A browser's text may hold one; no tokenizer and no message can."""
    from types import SimpleNamespace

    import ui.opening.prompt as module
    from ui.state import url

    query: dict[str, str] = {}
    params = SimpleNamespace(to_dict=lambda: dict(query), from_dict=query.update)
    stage = SimpleNamespace(session_state={}, query_params=params)
    monkeypatch.setattr(module, "st", stage)
    monkeypatch.setattr(url, "st", stage)
    _typed("a \ud83d b")
    assert stage.session_state["draft"] == "a \ufffd b"
    _submitted("\ude00 flag 😀", "side_by_side")
    assert query["prompt"] == "\ufffd flag 😀"
