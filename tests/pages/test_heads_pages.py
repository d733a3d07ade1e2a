"""The four pages on heads through AppTest: recordings, links, short and long texts."""

import importlib

import numpy as np
import pytest

from mla_core.experiments.absorption import Absorb
from mla_core.experiments.every_head import Ablate
from mla_core.experiments.every_head.kinds import informative_head
from mla_core.experiments.inside_one_head import Dissect
from mla_core.experiments.position import Entangle, Move
from tests.pages.driving import floats, open_page, spy_on
from ui import catalogue
from ui.jobs import recordings as recorded
from ui.jobs.engine import ENGINE
from ui.jobs.recordings import OPENING_HEADS
from ui.jobs.requests import request
from ui.state.parameters import MAX_TOKENS
from ui.state.url import CHUNK
from ui.words.en import common as words

FLAG = catalogue.PROMPTS["flag"]
PAGES = {
    "every_head": "every_head",
    "inside_one_head": "inside_one_head",
    "absorption": "absorption",
    "position": "position",
}


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """What the pages hand to their components, newest last."""
    names = (f"ui.components.{name}" for name in PAGES)
    return spy_on(monkeypatch, *map(importlib.import_module, names))


@pytest.mark.parametrize("model", OPENING_HEADS)
def test_the_recorded_heads_are_those_that_the_flag_opens_on(model):
    trace = recorded.recorded(request(model, FLAG, new_tokens=CHUNK))
    given = trace.prompt_length
    pattern = trace.pattern[..., :given, :given]
    assert informative_head(pattern, trace.tokens[:given]) == OPENING_HEADS[model]


def test_recordings_are_what_the_live_models_say():
    compared = 0
    kinds = (Dissect, Move, Absorb, Entangle, Ablate)
    for job in recorded.recordings():
        if not isinstance(job, kinds):
            continue
        stored, live = recorded.recorded(job), ENGINE.run(job)
        compared += 1
        if isinstance(job, Dissect):
            for name, matrix in live.matrices.items():
                other = stored.matrices[name].values
                size = max(1.0, np.nanmax(np.abs(other)))
                assert np.nanmax(np.abs(matrix.values - other)) < 1e-4 * size, name
        elif isinstance(job, Ablate):
            assert stored.token_id == live.token_id
            assert abs(stored.probability - live.probability) < 1e-4
            assert np.abs(stored.change - live.change).max() < 1e-4
        elif isinstance(job, Move):
            assert stored.shifts == live.shifts
            assert np.abs(stored.scores - live.scores).max() < 1e-3
        elif isinstance(job, Absorb):
            assert stored.counts == live.counts
            assert np.abs(stored.arrays["out_naive"] - live.arrays["out_naive"]).max() < 1e-4
        else:
            assert np.abs(stored.queries - live.queries).max() < 1e-3
    assert compared == 9


LONG = "one two three four five six seven eight nine ten " * 12


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("prompt", ["a", LONG[:520], "😀", "<script>alert(1)</script>", "."])
def test_short_long_and_strange_texts(name, prompt, seen):
    app = open_page(name, prompt=prompt)
    assert not app.exception and not app.error
    tokens = seen[-1]["tokens"] if name != "every_head" else seen[-1]["sides"][0]["tokens"]
    assert 2 <= len(tokens) <= MAX_TOKENS
    if name == "every_head" and prompt == "a":
        assert seen[-1]["headline"] == words.HEADLINE_SHORT
    if name == "inside_one_head":
        n = len(tokens)
        assert seen[-1]["matrices"]["pattern"]["rows"] == n


@pytest.mark.parametrize("name", PAGES)
def test_the_longest_text_fills_the_limit(name, seen):
    from ui.opening.token_count import count_tokens

    text = "the " * 126
    while count_tokens(text + "cat ").fits:
        text += "cat "
    app = open_page(name, prompt=text)
    assert not app.exception and not app.error
    tokens = seen[-1]["tokens"] if name != "every_head" else seen[-1]["sides"][0]["tokens"]
    assert len(tokens) >= MAX_TOKENS - 1


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("prompt", ["", "   ", "word " * 2000])
def test_a_text_that_cannot_run_draws_nothing_and_raises_nothing(name, prompt, seen):
    app = open_page(name, prompt=prompt)
    assert not app.exception and not seen


@pytest.mark.parametrize(
    "query",
    [
        {"mini-gpt2": "8.0", "mini-mla": "99.99", "stage": "999", "attention": "RNN"},
        {"mini-gpt2": "-1.0", "stage": "-3", "order": "<b>", "kind": "nobody", "compare": "x"},
        {"mini-mla": "1.2.3", "stage": "1e9", "biases": "maybe", "pair": "gpt9"},
    ],
)
@pytest.mark.parametrize("name", PAGES)
def test_nonsense_in_a_link_falls_back(name, query, seen):
    app = open_page(name, **query)
    assert not app.exception and not app.error
    data = seen[-1]
    if name == "every_head":
        assert [tuple(head) for head in data["chosen"]] == list(OPENING_HEADS.values())
        assert (data["order"], data["kind"], data["compare"]) == ("layer", "all", "patterns")
    elif name == "inside_one_head":
        assert (data["layer"], data["head"]) == OPENING_HEADS["mini-gpt2"]
        assert data["step"] in (0, 99)  # the component stops at its last step
    else:
        assert (data["layer"], data["head"]) == OPENING_HEADS["mini-mla"]


def test_a_link_restores_the_stage(seen):
    app = open_page(
        "inside_one_head", attention="MLA", stage="4", biases="hidden", sink="hidden",
        **{"mini-mla": "5.2"},
    )  # fmt: skip
    assert not app.exception
    data = seen[-1]
    assert (data["model"], data["layer"], data["head"], data["step"]) == ("mini-mla", 5, 2, 4)
    assert not data["biases"] and data["hideFirst"] and not data["hasBiases"]


def test_a_model_without_a_rope_key_shows_what_there_is(seen):
    app = open_page("position", pair="same")
    assert not app.exception and not app.error
    data = seen[-1]
    assert data["ropeKey"] is None and len(data["parts"]) == 1
    assert "A rope part does not apply" in data["sharedSays"][0]
    app = open_page("inside_one_head", pair="same", attention="MLA")
    assert not app.exception and not app.error
    assert "c_kv" in seen[-1]["matrices"] and "k_rope" not in seen[-1]["matrices"]
    app = open_page("absorption", pair="same")
    assert not app.exception and not app.error and seen[-1]["model"] == "mini-gpt2@64"


@pytest.mark.parametrize("pair", ["mini", "same"])
def test_both_ways_of_mla_are_offered_and_the_old_link_means_the_naive_one(pair, seen):
    wanted = {"MHA": "W_K", "MLA": "W_UK", "naive": "W_UK", "absorbed": "q_latent"}
    for way, there in wanted.items():
        app = open_page("inside_one_head", pair=pair, attention=way)
        assert not app.exception and not app.error
        data = seen[-1]
        assert [key for key, _ in data["attentions"]] == ["MHA", "naive", "absorbed"]
        assert data["attention"] == ("naive" if way == "MLA" else way)
        assert there in data["matrices"]
        assert ("q_latent" in data["matrices"]) == (way == "absorbed")


def test_the_opening_picture_names_the_strongest_head_before_anything_is_measured(
    seen, monkeypatch
):
    monkeypatch.setattr(ENGINE, "remembered", lambda job: None)
    open_page("every_head")
    for model in catalogue.MODELS:
        change = recorded.recorded(Ablate(model, FLAG)).change
        layer, head = np.unravel_index(np.abs(change).argmax(), change.shape)
        assert f"Layer {layer}, head {head} of {model} matters most" in seen[-1]["headline"]
    open_page("every_head", prompt="My own words about a flag")  # nothing was recorded of these
    assert seen[-1]["headline"].startswith("By its pattern")


def test_what_each_head_does_is_measured_and_told(seen):
    for model in catalogue.MODELS:
        ENGINE.run(Ablate(model, FLAG))
        ENGINE.run(request(model, FLAG, new_tokens=CHUNK))
    open_page("every_head")
    data = seen[-1]
    for model in catalogue.MODELS:  # the strongest of both models, by what was measured
        change = ENGINE.run(Ablate(model, FLAG)).change
        layer, head = np.unravel_index(np.abs(change).argmax(), change.shape)
        assert f"Layer {layer}, head {head} of {model} matters most" in data["headline"]
    assert data["headline"].count("Without this head “␣blue” goes from") == 2
    for side, model in zip(data["sides"], catalogue.MODELS, strict=True):
        change = floats(side["change"]).reshape(8, 8)
        assert np.array_equal(change, ENGINE.run(Ablate(model, FLAG)).change)
        assert side["next"] == "␣blue"
        n = len(side["tokens"])
        packed = floats(side["packed"]).reshape(8, 8, n * (n + 1) // 2)
        own = ENGINE.run(request(model, FLAG, new_tokens=CHUNK)).pattern
        assert np.array_equal(packed[3, 4], own[3, 4][:n, :n][np.tril_indices(n)])


@pytest.mark.parametrize("name", PAGES)
def test_gpt2_that_is_not_here_is_offered(name, seen, monkeypatch):
    monkeypatch.setattr("ui.opening.model_switch.on_this_machine", lambda name: None)
    app = open_page(name, pair="gpt2")
    assert not app.exception and not seen
    assert any(
        words.DOWNLOAD_TITLE.format(name="GPT-2") in str(element.value) for element in app.subheader
    )
