"""A head taken apart: every matrix against the model's own run, every rule against its matrix."""

import numpy as np
import pytest
import torch

from mla_core import load_model, trace
from mla_core.attention.recorder import Recorder
from mla_core.engine import Engine
from mla_core.experiments.inside_one_head import Anatomy, Dissect, Matrix
from mla_core.experiments.inside_one_head.compute import dissect
from mla_core.inference.tracing import PromptError
from mla_core.records.record import RecordError
from tests.core import formats
from ui.catalogue import PROMPTS

FLAG = PROMPTS["flag"]


@pytest.fixture(scope="module")
def engine():
    return Engine()


def same_as_the_trace(anatomy: Anatomy, model, atol=2e-5) -> set[str]:
    """Compares what both have; returns the names."""
    own = trace(model, anatomy.trace.text)
    layer, head = anatomy.layer, anatomy.head
    group = head * model.config.num_key_value_heads // model.config.num_attention_heads
    seen = np.tril(np.ones(own.pattern.shape[-2:], dtype=bool))
    expected = {
        "scores": np.where(seen, own.scores[layer, head], np.nan),
        "pattern": own.pattern[layer, head],
        "z": own.z[layer, head],
        "concat": np.hstack(list(own.z[layer])),
        "v": own.v[layer][group % own.v.shape[1]],
    }
    q, k = own.q[layer, head], own.k[layer][group % own.k.shape[1]]
    scale = anatomy.matrices["scores"].factor
    if "q_nope" in anatomy.matrices:
        n = anatomy.matrices["q_nope"].values.shape[1]
        expected |= {"q_nope": q[:, :n], "q_rope": q[:, n:], "k_nope": k[:, :n]}
        expected |= {"k_rope": own.k_rope[layer]}
        expected["content"] = own.content_scores[layer, head] / scale
        expected["position_scores"] = own.rope_scores[layer, head] / scale
    else:
        expected |= {"q": q, "k": k}
    if "c_kv" in anatomy.matrices:
        width = anatomy.matrices["c_kv"].values.shape[1]
        expected["c_kv"] = own.c_kv[layer][:, :width]
    for name, values in expected.items():
        found = np.nan_to_num(anatomy.matrices[name].values, nan=0.0)
        size = max(1.0, np.nanmax(np.abs(values)))
        assert np.abs(found - np.nan_to_num(values, nan=0.0)).max() < atol * size, name
    return set(expected)


def value(matrices: dict[str, Matrix], name: str) -> np.ndarray:
    """The rule of a matrix, followed once more without looking at its values."""
    m = matrices[name]
    of = [matrices[other].values for other in m.of]
    match m.how:
        case "product":
            left = np.nan_to_num(of[0])
            return left @ of[1] + (of[2] if len(of) > 2 else 0)
        case "meeting":
            return np.einsum("ik,jk->ij", *of)
        case "sum":
            return sum(of)
        case "masked":
            return np.where(np.tri(len(of[0])) == 1, of[0] * m.factor, np.nan)
        case "softmax":
            return torch.tensor(of[0]).nan_to_num(-torch.inf).softmax(-1).numpy()
        case "layernorm":
            x, gain, bias = map(torch.tensor, of)
            width = (x.shape[1],)
            return torch.layer_norm(x, width, gain[0], bias[0], eps=m.factor).numpy()
        case "rmsnorm":
            x, gain = map(torch.tensor, of)
            return torch.rms_norm(x, (x.shape[1],), gain[0], eps=m.factor).numpy()
        case "rotated":
            x, cos, sin = of
            pairs = x.reshape(len(x), -1, 2) if m.interleaved else x.reshape(len(x), 2, -1)
            axis = 2 if m.interleaved else 1
            one, two = np.moveaxis(pairs, axis, 0)
            turned = (one + 1j * two) * (cos + 1j * sin)  # the same rotation, as complex numbers
            return np.stack((turned.real, turned.imag), axis).reshape(x.shape)
        case "beside":
            width = of[0].shape[1]
            whole = m.values.copy()
            whole[:, m.offset : m.offset + width] = of[0]
            return whole
        case _:
            return m.values


def follow_the_rules(anatomy: Anatomy) -> None:
    for name, matrix in anatomy.matrices.items():
        found, expected = (np.nan_to_num(x) for x in (matrix.values, value(anatomy.matrices, name)))
        size = max(1.0, np.abs(expected).max())
        assert np.abs(found - expected).max() < 1e-12 * size, name


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla"])
def test_every_matrix_of_the_recorded_prompts_is_the_models(engine, name, prompt):
    model = engine._pool.model(name)
    for layer, head in [(0, 0), (3, 5), (7, 7)]:
        anatomy = engine.run(Dissect(name, PROMPTS[prompt], layer, head))
        assert len(same_as_the_trace(anatomy, model)) >= 7
        assert anatomy.difference < 2e-5
        follow_the_rules(anatomy)


@pytest.mark.parametrize("name", ["mini-mha", "mini-gqa", "mini-mqa", "mini-gpt2@24"])
def test_the_other_kinds_of_attention_too(engine, name):
    anatomy = engine.run(Dissect(name, FLAG, 4, 6))
    same_as_the_trace(anatomy, engine._pool.model(name))
    follow_the_rules(anatomy)


@pytest.mark.parametrize("name", ["mini-mla", "mini-gpt2@24"])
def test_the_absorbed_way_is_the_same_head_without_a_key_or_a_value(engine, name):
    naive = engine.run(Dissect(name, FLAG, 3, 5)).matrices
    absorbed = engine.run(Dissect(name, FLAG, 3, 5, absorbed=True))
    follow_the_rules(absorbed)
    found = absorbed.matrices
    assert naive.keys() - found.keys() == {"v", "k_nope" if "k_nope" in naive else "k"}
    assert found.keys() - naive.keys() == {"q_latent", "z_latent"}
    for shared in found.keys() & naive.keys():
        one, other = (np.nan_to_num(m[shared].values) for m in (found, naive))
        assert np.abs(one - other).max() < 1e-10, shared
    assert found["q_latent"].of[1] == "W_UK" and found["z"].of == ("z_latent", "W_UV")
    scored = "content" if "content" in found else "raw"
    assert found[scored].of == ("q_latent", "c_kv")
    assert absorbed.difference < 2e-5
    # and z_latent is the model's own pattern over what lies in its own cache
    own = trace(engine._pool.model(name), FLAG)
    c_kv = own.c_kv[3][:, : found["c_kv"].values.shape[1]]
    assert np.abs(found["z_latent"].values - own.pattern[3, 5] @ c_kv).max() < 1e-4
    assert np.abs(found["z"].values - own.z[3, 5]).max() < 1e-4


def test_without_a_latent_both_ways_are_one(engine):
    one, other = (
        engine.run(Dissect("mini-gpt2", FLAG, 1, 1, absorbed=way)) for way in (False, True)
    )
    assert one.matrices.keys() == other.matrices.keys()
    assert np.array_equal(one.matrices["z"].values, other.matrices["z"].values)


@pytest.mark.parametrize("name", formats.GRID)
def test_every_format_that_opens_can_be_taken_apart(name, save_checkpoint):
    directory, _ = save_checkpoint(formats.GRID[name]())
    model = load_model(directory, device="cpu")
    anatomy = dissect(model, "Once upon a time there was a cat.", 2, 3)
    same_as_the_trace(anatomy, model, atol=1e-4)
    follow_the_rules(anatomy)


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla", "mini-gpt2@64"])
def test_the_stream_after_the_layer_is_what_the_models_own_modules_make(engine, name):
    anatomy = engine.run(Dissect(name, FLAG, 3, 2))
    model = engine._pool.model(name)
    recorder = Recorder(["residual", "embedding"])
    ids = torch.tensor([anatomy.trace.token_ids])
    with torch.inference_mode():
        model(ids, record=recorder)
        before = recorder.layers["residual"][3]
        norm, attention = model.sublayer(3)
        rotation = (
            ()
            if model.config.rope is None
            else ((model.model.rope_cos[:10], model.model.rope_sin[:10]),)
        )
        after = before + attention(norm(before), *rotation)
    found = {n: anatomy.matrices[n].values for n in ("residual", "residual_after", "embedding")}
    assert np.abs(found["residual"] - before[0].numpy()).max() < 1e-5
    assert np.abs(found["residual_after"] - after[0].numpy()).max() < 1e-5 * max(1, after.max())
    assert np.abs(found["embedding"] - recorder.layers["embedding"][0][0].numpy()).max() == 0


def test_layer_zero_has_no_earlier_layers(engine):
    first = engine.run(Dissect("mini-gpt2", FLAG, 0, 0)).matrices
    assert "earlier" not in first and first["residual"].of == ("embedding", "position")
    assert engine.run(Dissect("mini-mla", FLAG, 0, 0)).matrices["residual"].of == ("embedding",)


def test_one_letter_is_enough(engine):
    anatomy = engine.run(Dissect("mini-mla", "a", 1, 1))
    assert anatomy.matrices["pattern"].values.shape == (2, 2)
    follow_the_rules(anatomy)


def test_saving_keeps_every_digit(engine, tmp_path):
    anatomy = engine.run(Dissect("mini-mla", FLAG, 1, 4))
    anatomy.save(tmp_path / "a.npz")
    again = Anatomy.load(tmp_path / "a.npz")
    assert again.trace.tokens == anatomy.trace.tokens and again.difference == anatomy.difference
    for name, matrix in anatomy.matrices.items():
        other = again.matrices[name]
        assert np.array_equal(matrix.values, other.values, equal_nan=True)
        assert (matrix.how, matrix.of, matrix.axes) == (other.how, other.of, other.axes)
    (tmp_path / "a.npz").write_bytes(b"PK")
    with pytest.raises(RecordError, match="damaged"):
        Anatomy.load(tmp_path / "a.npz")


def test_what_cannot_be_taken_apart_says_so(engine):
    with pytest.raises(ValueError, match=r"8 layers of 8 heads, and no layer 8, head 0"):
        engine.run(Dissect("mini-mla", FLAG, 8, 0))
    with pytest.raises(PromptError, match="empty"):
        engine.run(Dissect("mini-mla", " ", 0, 0))
    with pytest.raises(ValueError, match="choose another"):
        engine.run(Dissect("mini-mha@64", FLAG, 0, 0))
