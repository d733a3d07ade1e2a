"""Figures are pure: what goes in is what is drawn."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mla_core.experiments.latent_compression.differences import attention_moved, kl_divergence
from mla_core.models.locate import locate
from mla_core.models.tokenizer import open_tokenizer
from ui import catalogue
from ui.components import side_by_side as stage_component
from ui.figures import palette
from ui.figures.cache import cache_figure
from ui.figures.pattern import pattern_figure, without_first_key
from ui.jobs.recordings import recorded
from ui.jobs.requests import request
from ui.show.labels import token_labels
from ui.state.url import CHUNK
from ui.words.en import common as words
from ui.words.en import latent_compression


def softmax_rows(s: int, seed: int = 0) -> np.ndarray:
    raw = np.tril(np.random.default_rng(seed).random((s, s)) + 0.1)
    return (raw / raw.sum(1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_pattern_is_drawn_as_it_is(theme):
    pattern, labels = softmax_rows(5), [f"{i}·a" for i in range(5)]
    figure = pattern_figure(pattern, labels, title="t", hide_first=False, theme=theme)
    (heatmap,) = figure.data
    drawn = np.array(heatmap.z)
    assert drawn.dtype == np.float32 and heatmap.zmin == 0 and heatmap.zmax == 1
    past = np.tril(np.ones((5, 5), bool))
    assert np.array_equal(drawn[past], pattern[past]) and np.isnan(drawn[~past]).all()
    assert list(heatmap.x) == list(heatmap.y) == labels
    assert figure.layout.yaxis.autorange == "reversed"
    assert words.QUERY in figure.layout.yaxis.title.text


@given(s=st.integers(1, 12), seed=st.integers(0, 50))
def test_without_the_first_token_rows_sum_to_one_again(s, seed):
    rest = without_first_key(softmax_rows(s, seed))
    assert rest.shape == (s, s - 1)
    assert np.allclose(np.nansum(rest[1:], axis=1), 1, atol=1e-5)
    assert np.isnan(rest[0]).all()  # the first token has nowhere else to look


def test_the_cache_lines_are_the_measured_bytes():
    lines = cache_figure({"mini-gpt2": (10, 20), "mini-mla": (2, 4)}).data
    assert [list(line.y) for line in lines] == [[10, 20], [2, 4]]
    assert len({line.line.color for line in lines}) == 2


def lightness(colour: str) -> float:
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2


def test_the_scale_of_weights_is_monotone_in_lightness():
    for theme, sign in (("light", -1), ("dark", 1)):
        steps = np.diff([lightness(colour) for colour in palette.WEIGHTS[theme]])
        assert (sign * steps > 0).all()


def test_labels_are_unique_and_name_the_start():
    trace = recorded(request("mini-mla", catalogue.PROMPTS["flag"], new_tokens=CHUNK))
    labels = token_labels(trace, open_tokenizer(locate("mini-mla")))
    assert len(set(labels)) == len(labels)
    assert labels[:4] == ["0·⟨start⟩", "1·The", "2·␣American", "3·␣flag"]


@pytest.mark.parametrize("model", catalogue.MODELS)
def test_the_stage_shows_the_numbers_of_the_trace(model):
    """Every number that is drawn: pattern, next tokens, bytes, and the formula beside them."""
    import base64

    trace = recorded(request(model, catalogue.PROMPTS["flag"], new_tokens=CHUNK))
    directory = locate(model)
    data = stage_component.side(trace, open_tokenizer(directory), (2, 5), "here")
    sent = np.frombuffer(base64.b64decode(data["pattern"]), "<f4")
    assert np.array_equal(sent, trace.pattern[2, 5].ravel())
    for row, listed in zip(trace.next, data["next"], strict=True):
        assert len(listed) == 6 and [p for _, p in listed] == row[:6].tolist()
    assert data["next"][9][0][0] == "␣blue"
    per_token = data["nbytes"][0]
    assert data["nbytes"] == [per_token * (i + 1) for i in range(len(trace.tokens))]
    assert data["formula"].endswith(f"= {per_token:,} B")
    assert sum(part["share"] for part in data["parts"]) == pytest.approx(1)


def test_a_count_never_claims_more_than_was_counted():
    from ui.opening.token_count import count_tokens
    from ui.state.parameters import MAX_CHARACTERS, MAX_TOKENS

    flag = count_tokens("The American flag")
    assert (flag.note, flag.fits, flag.cut) == (f"4 of {MAX_TOKENS} tokens", True, None)
    long = count_tokens("cat" + " cat" * 299)
    assert not long.fits and "has 301 tokens" in long.note
    longest = count_tokens("a" * (MAX_CHARACTERS + 1))
    assert not longest.fits and "more than" in longest.note


def test_the_curve_holds_every_recorded_point_and_the_live_one():
    from ui.figures.latent_compression import curve_figure
    from ui.jobs.recordings import recorded_bench

    curves = recorded_bench("compression")
    for model in ("mini-gpt2", "mini-mha"):
        figure = curve_figure(curves, model, (64.0, 0.3))
        lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
        own = [point for point in curves["points"] if point["model"] == model]
        assert sum(len(line.x) for line in lines) == len(own)
        assert len({(line.line.color, line.line.dash) for line in lines}) == len(lines)
        assert figure.data[-1].name == latent_compression.LIVE and figure.data[-1].y == (0.3,)
        trained = next(trace for trace in figure.data if "mini-mla" in (trace.text or ()))
        # differences on the same texts, never a second loss of a model
        base = curves["models"][model]["nats"]
        more = {name: curves["models"][name]["nats"] - base for name in trained.text}
        assert dict(zip(trained.text, trained.y, strict=True)) == more and more[model] == 0
        assert sorted(y for line in lines for y in line.y) == sorted(p["nats"] - base for p in own)
        assert model in figure.layout.yaxis.title.text
        for line in lines:  # a larger latent never costs much more
            assert all(b < a + 0.01 for a, b in pairwise(line.y))
    assert curve_figure(curves, "mini-gpt2", None).data[-1].name != latent_compression.LIVE


def test_the_spectrum_says_what_is_kept():
    from ui.figures.latent_compression import spectrum_figure

    energy = np.array([8.0, 4.0, 2.0, 1.0, 1.0])
    kept, dropped = spectrum_figure(energy, 2, layer=3, method="joint").data
    assert "2 kept by joint: 75.00%" in kept.name
    assert list(kept.x) == [1, 2] and list(dropped.x) == [3, 4, 5]
    assert sum(kept.y) + sum(dropped.y) == pytest.approx(1)


def test_comparisons_are_zero_for_equal_models_and_grow_with_the_difference():
    before = np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]])
    assert np.allclose(kl_divergence(before, before), 0)
    after = np.array([[0.5, 0.5, 0.0], [0.1, 0.9, 0.0]])
    assert kl_divergence(before, after) == pytest.approx([0, 0.9 * np.log(9) - 0.1 * np.log(9)])
    pattern = np.zeros((1, 2, 3, 3))
    pattern[..., 0] = 1
    moved = pattern.copy()
    moved[0, 1, 2] = [0.5, 0.5, 0]
    assert np.allclose(attention_moved(pattern, moved), [[0, 0.25]])
