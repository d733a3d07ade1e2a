"""The two decode paths of one layer: counted, compared, and their algebra."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mla_core import load_model, trace
from mla_core.arithmetic.accounting import DEEPSEEK_V2, LatentShape
from mla_core.engine import Engine
from mla_core.experiments.absorption import ARRAYS, Absorb, Paths
from tests.core import formats
from ui.catalogue import PROMPTS

FLAG = PROMPTS["flag"]


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.mark.parametrize("name", ["mini-mla", "mini-gpt2@64", "mini-gpt2@24"])
@pytest.mark.parametrize("prompt", ["a", FLAG, PROMPTS["story"]])
def test_what_torch_counts_is_what_the_formula_says(engine, name, prompt):
    paths = engine.run(Absorb(name, prompt, 5, 2))
    tokens = len(paths.trace.tokens)
    naive, absorbed = paths.shape.naive(tokens), paths.shape.absorbed(tokens)
    assert paths.counts["macs_naive"] == naive.multiply_adds
    assert paths.counts["macs_absorbed"] == absorbed.multiply_adds
    assert paths.counts["cache_values"] == naive.cache_values == absorbed.cache_values
    assert paths.counts["rebuilt_values"] == naive.rebuilt_values
    assert absorbed.rebuilt_values == 0


@pytest.mark.parametrize("name", ["mini-mla", "mini-gpt2@64"])
def test_the_arrays_are_the_models_and_the_paths_agree(engine, name):
    paths = engine.run(Absorb(name, FLAG, 3, 6))
    model, a = engine._pool.model(name), paths.arrays
    own = trace(model, FLAG)
    n = paths.shape.n
    assert set(a) == set(ARRAYS)
    assert np.allclose(a["q_nope"], own.q[3, 6, -1, :n], atol=1e-4)
    assert np.allclose(a["k_nope"], own.k[3, 6, :, :n], atol=1e-4)
    assert np.allclose(a["pattern"], own.pattern[3, 6, -1], atol=1e-5)
    assert np.allclose(a["z_naive"], own.z[3, 6, -1], atol=1e-4)
    assert np.allclose(a["content_naive"], own.content_scores[3, 6, -1], atol=1e-4)
    # (W_UK^T q) . c = q . (W_UK c), and the same for W_UV and W_O
    assert np.allclose(a["c_kv"] @ a["q_latent"], a["k_nope"] @ a["q_nope"], atol=1e-3)
    assert np.allclose(a["content_absorbed"], a["content_naive"], atol=1e-4)
    assert np.allclose(a["z_latent"], a["pattern"] @ a["c_kv"], atol=1e-4)
    assert np.allclose(a["z_absorbed"], a["z_naive"], atol=1e-4)
    assert np.allclose(a["out_merged"], a["out_naive"], atol=1e-4)
    assert not np.array_equal(a["z_absorbed"], a["z_naive"])  # two runs, not one shown twice
    d = paths.differences
    assert 0 < d["layer_difference"] < 1e-5 * max(1, d["largest_output"])
    assert 0 < d["logit_difference"] < 1e-4 and d["largest_logit"] > 5


@pytest.mark.parametrize("name", ["v2-yarn", "v3-tied-q-latent"])
def test_other_latent_models(name, save_checkpoint):
    directory, _ = save_checkpoint(formats.GRID[name]())
    engine = Engine()
    engine._pool._models[str(directory)] = load_model(directory, device="cpu")
    paths = engine.run(Absorb(str(directory), "Once upon a time there was a cat.", 1, 1))
    tokens = len(paths.trace.tokens)
    assert paths.counts["macs_naive"] == paths.shape.naive(tokens).multiply_adds
    assert np.allclose(paths.arrays["out_merged"], paths.arrays["out_naive"], atol=1e-4)


def test_ordinary_attention_has_nothing_to_absorb(engine):
    with pytest.raises(ValueError, match="has no absorbed path"):
        engine.run(Absorb("mini-gpt2", FLAG, 0, 0))


def test_saving_keeps_everything(engine, tmp_path):
    paths = engine.run(Absorb("mini-mla", FLAG, 1, 4))
    paths.save(tmp_path / "p.npz")
    again = Paths.load(tmp_path / "p.npz")
    assert again.counts == paths.counts and again.differences == paths.differences
    assert all(np.array_equal(again.arrays[name], paths.arrays[name]) for name in ARRAYS)
    assert again.shape == paths.shape


SIZES = st.integers(1, 64)


@given(*[SIZES] * 7, st.integers(1, 500))
def test_costs_grow_by_the_token(h, n, r, v, c, d, queries, t):
    shape = LatentShape(h=h, n=n, r=r, v=v, c=c, d=d, queries=queries)
    for cost in (shape.naive, shape.absorbed, shape.without_latent):
        one, two, many = cost(1), cost(2), cost(t)
        step = two.multiply_adds - one.multiply_adds
        assert many.multiply_adds == one.multiply_adds + (t - 1) * step
        assert many.cache_values == t * one.cache_values
    w_uq, w_uk = torch.ones(h, n, queries), torch.ones(h, n, c)
    w_uv, w_o = torch.ones(h, v, c), torch.ones(h, d, v)
    assert shape.apart() == sum(w.numel() for w in (w_uq, w_uk, w_uv, w_o))
    merged = torch.einsum("hnq,hnc->hqc", w_uq, w_uk).numel()
    assert shape.merged() == merged + torch.einsum("hdv,hvc->hdc", w_o, w_uv).numel()


def test_deepseeks_sizes_are_the_papers():
    """arXiv 2405.04434: 576 numbers a token; 2 n_h d_h = 32,768 for MHA with as many heads."""
    assert DEEPSEEK_V2.absorbed(1).cache_values == 576
    assert DEEPSEEK_V2.without_latent(1).cache_values == 32_768
