"""The pages "The cache grows" and "Sharing heads" through AppTest."""

import statistics

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mla_core import kv_bytes_per_token, load_model, trace
from mla_core.engine import Engine
from mla_core.experiments.cache_grows import Grow, Keep
from mla_core.experiments.sharing_heads import Survey
from mla_core.models.locate import EMBEDDED
from mla_core.training.recipe import CONFIGS, FURTHER
from tests.pages.driving import floats, open_page, spy_on
from ui import catalogue
from ui.components import cache_grows as growth
from ui.components import sharing_heads as sharing
from ui.jobs import recordings as recorded
from ui.jobs.engine import ENGINE
from ui.opening.token_count import tokenizer
from ui.state.parameters import MAX_TOKENS
from ui.state.url import CHUNK, MAX_NEW
from ui.words.en import sharing_heads

FLAG = catalogue.PROMPTS["flag"]
PAGES = ("cache_grows", "sharing_heads")


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """What the pages hand to their components, newest last."""
    return spy_on(monkeypatch, growth, sharing)


def test_recordings_are_what_the_live_models_say():
    compared = 0
    for job, file in recorded.recordings().items():
        if not file.endswith(("grown.npz", "overview.npz")):
            continue
        stored, live = recorded.recorded(job), Engine().run(job)
        compared += 1
        assert stored.trace.token_ids == live.trace.token_ids
        assert np.array_equal(stored.next_ids, live.next_ids) or file.endswith("overview.npz")
        assert np.abs(stored.next - live.next).max() < 1e-4
        assert np.abs(stored.trace.pattern - live.trace.pattern).max() < 1e-4
        if file.endswith("grown.npz"):
            for name in ("tokens", "macs", "macs_full", "written", "read", "held"):
                assert np.array_equal(stored.steps[name], live.steps[name])
    assert compared == 2 + len(catalogue.FAMILY)


@pytest.mark.parametrize("model", [*EMBEDDED, "mini-gpt2@64"])
@pytest.mark.parametrize("storage", catalogue.LIVE_STORAGES)
def test_counted_bytes_are_the_formula_and_the_rectangle(model, storage):
    """What the component draws: a token's bytes are its parts' numbers times bytes a number."""
    live = catalogue.LIVE_STORAGES[storage] or "fp32"
    grown = ENGINE.run(Grow(model, FLAG, 2, storage=live))
    counter = tokenizer()
    assert counter is not None
    side = growth.side(grown, counter, (0, 0), storage)
    drawn = side["bytesPerValue"] * sum(sum(part["widths"]) for part in side["parts"])
    formula = kv_bytes_per_token(grown.trace.config, growth.BYTES[storage])
    tokens = side["steps"]["tokens"]
    assert drawn == formula == side["perToken"]
    if storage != "6bit":
        assert side["steps"]["held"] == [drawn * n for n in tokens]
        assert "Measured" in side["formula"]
    else:
        assert "arithmetic" in side["formula"] and "stays float32" in side["formula"]
    # the values in the rectangle are those of the live cache
    width = sum(part["most"] for part in side["parts"])
    held = floats(side["cache"], "<f2").reshape(8, tokens[-1], width)
    first = "k" if "k" in grown.trace.arrays else "c_kv"
    expected = grown.trace.arrays[first][3]
    if expected.ndim == 3:  # heads beside each other
        expected = expected.swapaxes(0, 1).reshape(tokens[-1], -1)
    assert np.allclose(held[3, :, : expected.shape[1]], expected, rtol=1e-3, atol=1e-4)


def test_the_page_draws_what_was_computed(seen):
    jobs = {model: Grow(model, FLAG, CHUNK) for model in catalogue.MODELS}
    for job in jobs.values():
        ENGINE.run(job)
    app = open_page("cache_grows")
    assert not app.exception and not app.error
    data = seen[-1]
    for side, job in zip(data["sides"], jobs.values(), strict=True):
        grown = ENGINE.run(job)
        layer, head = side["layer"], side["head"]
        letters = [matrix["letter"] for matrix in side["rows"]]
        mla = job.model == "mini-mla"
        assert letters == ["X", "Q", *(["c_KV", "k_R"] if mla else ["K", "V"]), "A"]
        q = floats(side["rows"][1]["values"]).reshape(22, -1)
        assert np.array_equal(q, grown.trace.q[layer, head])
        assert [m["letter"] for m in side["rows"] if m["cached"]] == letters[2:4]
        assert side["next"][0][0][0] == "␣blue"
        assert side["steps"]["macsFull"] == grown.steps["macs_full"].tolist()
    assert "399.8 GB" in data["arithmetic"] and "3,997,696 B a token" in data["arithmetic"]
    assert "70,272 B a token" in data["arithmetic"] and "56.9 times" in data["arithmetic"]
    sizes = [square["bytes"] for square in data["jump_"]]
    assert sizes == [399_769_600_000, 7_027_200_000, 819_200_000, 128_000_000]
    assert "8,126,464 + 4,096 · t" in data["fits"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"temperature": "99"}, {"temperature": 0.0}),
        ({"temperature": "2", "top_k": "99999999"}, {"temperature": 2.0, "topK": 99999999}),
        ({"top_k": "0"}, {"topK": None}),
        (
            {"top_k": "-4", "storage": "int4", "cache": "maybe"},
            {"topK": None, "storage": "float32"},
        ),
        ({"storage": "6bit", "cache": "off"}, {"storage": "6bit", "cached": False}),
        ({"step": "999999"}, {"mayGrow": True, "tokens": None}),
        ({"step": "40"}, {"tokens": 40}),
        ({"step": "3"}, {"tokens": 3}),
        ({"pair": "same"}, {"mayGrow": True}),
    ],
)
def test_links_and_nonsense(query, expected, seen):
    app = open_page("cache_grows", **query)
    assert not app.exception and not app.error
    data = seen[-1]
    assert {name: data[name] for name in expected} == expected
    if query.get("step") == "40":
        assert len(data["sides"][0]["tokens"]) > 40


def test_stepping_as_far_as_it_goes(seen):
    app = open_page("cache_grows", step=str(10 + MAX_NEW))
    assert not app.exception and not app.error
    assert len(seen[-1]["sides"][0]["tokens"]) == 10 + MAX_NEW and not seen[-1]["mayGrow"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("prompt", ["a", "😀", "<script>alert(1)</script>", "the " * 120])
def test_short_long_and_strange_texts(name, prompt, seen):
    app = open_page(name, prompt=prompt)
    assert not app.exception and not app.error
    data = seen[-1]
    tokens = data["sides" if name == "cache_grows" else "cards"][0]["tokens"]
    assert 2 <= len(tokens) <= MAX_TOKENS + CHUNK


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("prompt", ["", "   ", "word " * 2000])
def test_a_text_that_cannot_run_draws_nothing_and_raises_nothing(name, prompt, seen):
    app = open_page(name, prompt=prompt)
    assert not app.exception and not seen


def test_two_readers_do_not_mix(seen):
    one = open_page("cache_grows", temperature="1.5", seed="1")
    other = open_page("cache_grows", temperature="1.5", seed="2", pair="same")
    texts = [data["sides"][0]["tokens"] for data in seen]
    assert texts[0] != texts[-1] and seen[-1]["sides"][1]["model"] == "mini-gpt2@64"
    one.run()
    assert seen[-1]["sides"][0]["tokens"] == texts[0]
    assert seen[-1]["sides"][1]["model"] == "mini-mla"
    assert not one.exception and not other.exception


def test_a_cache_is_saved_and_taken_up_again(seen):
    app = open_page("cache_grows", step="12", keeping="open")
    from ui.cache_grows.saved_caches import _resumed

    jobs = {model: Grow(model, FLAG, CHUNK) for model in catalogue.MODELS}
    kept = ENGINE.run(Keep(jobs["mini-mla"], 12)).data

    def page(data: bytes) -> AppTest:
        def script(data, jobs, resumed):
            resumed(data, jobs)

        return AppTest.from_function(
            script, kwargs={"data": data, "jobs": jobs, "resumed": _resumed}, default_timeout=60
        ).run()

    found = page(kept)
    assert not found.exception and "took up 12 tokens (30,720 B)" in found.markdown[0].value
    assert FLAG in found.code[0].value
    for data in (b"", b"hello", kept[:900], b"\x00" * 4000):
        found = page(data)
        assert not found.exception and len(found.error) == 1
    jobs = {"mini-gpt2": jobs["mini-gpt2"]}
    assert "this page shows mini-gpt2" in page(kept).error[0].value
    assert not app.exception


# ---- Sharing heads


def test_every_point_is_three_runs_of_one_recipe():
    runs = recorded.recorded_runs()
    models = {run["model"] for run in runs}
    assert models == ({*CONFIGS, *FURTHER} - {"mini-gpt2"})
    for model in models:
        own = [run for run in runs if run["model"] == model]
        assert sorted(run["seed"] for run in own) == [0, 1, 2]
        assert {run["steps"] for run in own} == {4000} and {run["tokens"] for run in own} == {
            1025306
        }
        assert len({run["nats_per_token"] for run in own}) == 3
        if model in EMBEDDED:
            embedded = load_model(model)
            assert own[0]["cached_values"] == embedded.config.cached_values
            assert own[0]["parameters"] == sum(p.numel() for p in embedded.parameters())


def test_the_headline_and_the_points_follow_from_the_runs(seen):
    app = open_page("sharing_heads")
    assert not app.exception and not app.error
    data = seen[-1]
    runs = recorded.recorded_runs()
    mean = {
        point["model"]: statistics.mean(sharing.runs_of(runs, point["model"]))
        for point in data["points"]
    }
    assert len(mean) == 10
    assert all(point["mean"] == mean[point["model"]] for point in data["points"])
    assert f"{mean['mini-mla']:.3f}" in data["headline"]
    assert f"{mean['mini-gqa-4']:.3f}" in data["headline"]
    assert mean["mini-mla"] < mean["mini-gqa"] < mean["mini-mqa"]  # what the headline says
    values = [number for _, number, _ in data["cards"][3]["facts"]]
    assert values[0] == "80 numbers" and values[2] == "7,967,488"
    for card, model in zip(data["cards"], catalogue.FAMILY, strict=True):
        own = trace(load_model(model), FLAG, record=["pattern"])
        assert np.abs(floats(card["pattern"]).reshape(8, 10, 10) - own.pattern[0]).max() < 1e-5
        drawn = max(card["groups"], 1) * sum(part["numbers"] for part in card["parts"])
        assert drawn == sharing.numbers_of(runs, model)


def test_definitions_are_the_right_way_round():
    assert "one single pair" in sharing_heads.DEFINITIONS["MQA"]
    assert "group" in sharing_heads.DEFINITIONS["GQA"] and "own" in sharing_heads.DEFINITIONS["MHA"]
    assert sharing.drawn_parts("mini-mqa")[0] == 1 and sharing.drawn_parts("mini-gqa")[0] == 2


@pytest.mark.parametrize("model", ["mini-gqa-4", "mini-mla-16", "mini-mla-32", "mini-mla-128"])
@pytest.mark.parametrize("name", catalogue.PROMPTS)
def test_a_point_that_is_not_shipped_shows_its_recording(model, name):
    found = recorded.recorded_overview(model, catalogue.PROMPTS[name])
    assert found is not None and found.trace.model == model
    numbers = sharing.numbers_of(recorded.recorded_runs(), model)
    assert found.trace.config.cached_values == 8 * numbers
    assert np.allclose(found.trace.pattern.sum(-1), 1, atol=1e-4)


def test_points_of_any_text_and_nonsense(seen):
    app = open_page("sharing_heads", point="mini-mla-16", layer="3")
    assert seen[-1]["chosen"]["next"] and seen[-1]["chosen"]["model"] == "mini-mla-16"
    app = open_page("sharing_heads", point="mini-mla-16", prompt="My own words")
    assert seen[-1]["chosen"]["next"] is None
    assert seen[-1]["chosen"]["source"] == sharing_heads.NOT_RECORDED
    app = open_page("sharing_heads", point="mini-mqa-wide")
    assert seen[-1]["chosen"]["source"] == sharing_heads.ONLY_SCORED
    for nobody in ("<b>", "mini-gpt2"):
        app = open_page("sharing_heads", point=nobody, layer="999", pair="gpt2")
        assert not app.exception and not app.error
        assert seen[-1]["chosen"]["model"] == "mini-mla" and seen[-1]["layer"] == 7


def test_a_glance_is_a_trace(tmp_path):
    from mla_core.experiments.sharing_heads import Overview

    found = Engine().run(Survey("mini-gqa", FLAG))
    own = trace(load_model("mini-gqa"), FLAG, record=["logits", "pattern"])
    assert np.abs(found.trace.pattern - own.pattern).max() < 1e-5
    assert found.next[0] == pytest.approx(own.probabilities()[-1].max(), abs=1e-5)
    found.save(tmp_path / "g.npz")
    assert np.array_equal(Overview.load(tmp_path / "g.npz").next_ids, found.next_ids)
