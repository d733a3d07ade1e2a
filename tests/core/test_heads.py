"""Kinds of heads and what they are good for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.func import functional_call

from mla_core import load_model
from mla_core.engine import Engine
from mla_core.experiments.every_head import Ablate
from mla_core.experiments.every_head.kinds import (
    ENOUGH,
    KINDS,
    found_by_content,
    kind_scores,
    kinds,
)
from mla_core.inference.tracing import encode_prompt

FLAG = "The American flag is red, white, and"
IDS = [0, 5, 6, 7, 5, 6, 8, 9]  # 5 6 comes twice


def rows(*keys: int | None) -> np.ndarray:
    """A pattern of one head: row i looks at keys[i] alone, or evenly at all where it is None."""
    pattern = np.zeros((1, 1, len(keys), len(keys)))
    for i, key in enumerate(keys):
        if key is None:
            pattern[0, 0, i, : i + 1] = 1 / (i + 1)
        else:
            pattern[0, 0, i, key] = 1
    return pattern


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        (rows(0, 0, 1, 2, 3, 4, 5, 6), "previous"),
        (rows(0, 1, 2, 3, 4, 5, 6, 7), "same"),
        (rows(0, 0, 0, 0, 2, 3, 0, 0), "induction"),
        (rows(0, 0, 0, 0, 0, 0, 0, 0), "sink"),
        (rows(0, 0, 1, 1, 1, 2, 4, 5), "local"),
        (rows(*[None] * 8), "diffuse"),
        (rows(0, 0, 0, 0, 1, 1, 1, 1), "content"),
    ],
)
def test_a_pure_pattern_gets_its_name(pattern, kind):
    assert kinds(kind_scores(pattern, IDS)).item() == kind


@given(arrays(np.float64, (2, 3, 7, 7), elements=st.floats(0.001, 1)), st.data())
def test_scores_are_shares(weights, data):
    ids = data.draw(st.lists(st.integers(0, 3), min_size=7, max_size=7))
    pattern = np.tril(weights)
    pattern /= pattern.sum(-1, keepdims=True)
    scores = kind_scores(pattern, ids)
    assert set(scores) == set(ENOUGH) == set(KINDS[:-1])
    for share in scores.values():
        assert share.shape == (2, 3) and (share >= 0).all() and (share <= 1 + 1e-9).all()
    assert (scores["previous"] + scores["same"] + scores["sink"] <= 1 + 1e-9).all()


def test_a_heads_kind_is_the_one_that_scores_highest():
    none = dict.fromkeys(ENOUGH, 0.0)
    for told, named in [
        ({"previous": 0.52, "induction": 0.91, "local": 0.8}, "induction"),
        ({"previous": 0.6, "same": 0.1, "local": 0.9}, "previous"),
        ({"sink": 0.55, "diffuse": 0.81}, "sink"),
        ({"sink": 0.5, "diffuse": 0.95}, "diffuse"),
        ({"previous": 0.4, "same": 0.3, "local": 0.8}, "local"),
        ({"previous": 0.49, "diffuse": 0.79, "local": 0.49}, "content"),
    ]:
        scores = {kind: np.array([[share]]) for kind, share in (none | told).items()}
        assert kinds(scores).item() == named, told


def test_induction_is_nothing_without_a_copy():
    assert kind_scores(rows(0, 0, 1, 2), [1, 2, 3, 4])["induction"].item() == 0


@pytest.mark.parametrize("tokens", [1, 2, 3])
def test_the_shortest_texts_have_kinds_too(tokens):
    pattern = rows(*[0] * tokens)
    scores = kind_scores(pattern, list(range(tokens)))
    assert all(np.isfinite(share).all() for share in scores.values())
    assert kinds(scores).item() in KINDS


def test_what_needs_context_to_be_found():
    found = found_by_content(["<s>", "a", "b", "a", "!", "c"])
    assert not found[:, 0].any() and not found.diagonal().any() and not found.diagonal(-1).any()
    assert not found[3, 1]  # the same word
    assert not found[:, 4].any()  # nothing but a sign
    assert found[5, 2] and found[4, 2]


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla", "mini-gpt2@64"])
def test_ablation_equals_a_model_without_the_heads_rows_of_w_o(name):
    engine = Engine()
    found = engine.run(Ablate(name, FLAG))
    model = engine._pool.model(name)
    ids = torch.tensor([encode_prompt(model, FLAG, bos=True)])
    with torch.inference_mode():
        whole = model(ids)[0, -1].softmax(-1)
    assert found.token_id == whole.argmax()
    assert found.probability == pytest.approx(whole.max().item(), abs=1e-6)
    assert found.change.shape == (8, 8)
    for layer, head in [(0, 1), (3, 4), (7, 7)]:
        module = model.output_projection(layer)
        path = next(path for path, m in model.named_modules() if m is module)
        weight = module.weight.clone()
        rows_of_head = slice(32 * head, 32 * head + 32)
        if "c_proj" in path:  # (in, out)
            weight[rows_of_head] = 0
        else:
            weight[:, rows_of_head] = 0
        with torch.inference_mode():
            logits = functional_call(model, {f"{path}.weight": weight}, (ids,))
        left = logits[0, -1].softmax(-1)[found.token_id].item()
        assert found.change[layer, head] == pytest.approx(left - found.probability, abs=1e-5)
    with torch.inference_mode():  # and nothing of it stays behind
        assert torch.equal(model(ids)[0, -1].softmax(-1), whole)


def test_a_head_that_matters_is_found():
    """The flag's ` blue` hangs on few heads of the conversion, and on none of a random layer's."""
    found = Engine().run(Ablate("mini-gpt2@64", FLAG))
    assert found.change.min() < -0.3
    assert np.median(np.abs(found.change)) < 0.05


def test_two_engines_do_not_share_a_models_hooks():
    model = load_model("mini-mla", device="cpu")
    assert not any(m._forward_pre_hooks for m in model.modules())
