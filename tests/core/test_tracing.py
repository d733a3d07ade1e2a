"""Traces: what they hold, against transformers and TransformerLens."""

import pickle

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from mla_core import Trace, baseline, load_model, trace
from mla_core.inference.tracing import PromptError
from mla_core.models.config import CheckpointError
from mla_core.records.record import RecordError
from mla_core.records.trace import ARRAYS
from tests.core import formats

FLAG = "The American flag is red, white, and"


@pytest.fixture(scope="module")
def mla():
    return load_model("mini-mla", device="cpu")


@pytest.fixture(scope="module")
def flag(mla):
    return trace(mla, FLAG)


def test_the_flag_sentence_is_nine_tokens_behind_the_start(flag):
    assert flag.tokens[1:] == (
        "The", " American", " flag", " is", " red", ",", " white", ",", " and",
    )  # fmt: skip
    assert flag.has_bos and flag.text == FLAG
    assert not trace(load_model("mini-gpt2"), FLAG, bos=False, record=["logits"]).has_bos


def test_every_array_has_the_shape_it_promises(flag):
    sizes = dict(l=8, h=8, g=8, s=10, t=10, w=8192, k=48, v=32, c=64, r=16, m=8)
    assert set(flag.arrays) == set(ARRAYS)
    for name, array in flag.arrays.items():
        assert array.shape == tuple(sizes[axis] for axis in ARRAYS[name].split()), name
        kind = np.int32 if name == "next_ids" else np.float32
        assert array.dtype == kind and not array.flags.writeable


def test_the_parts_make_the_whole(flag):
    """Scores are content + position; the pattern is their masked softmax; z is A V."""
    assert np.allclose(flag.content_scores + flag.rope_scores, flag.scores, atol=1e-5)
    masked = np.where(np.tril(np.ones((10, 10), bool)), flag.scores, -np.inf)
    odds = np.exp(masked - masked.max(-1, keepdims=True))
    assert np.allclose(odds / odds.sum(-1, keepdims=True), flag.pattern, atol=1e-6)
    assert np.allclose(flag.pattern @ flag.v, flag.z, atol=1e-5)
    scale = (32 + 16) ** -0.5
    assert np.allclose(flag.q @ flag.k.swapaxes(-1, -2) * scale, flag.scores, atol=1e-4)
    assert np.allclose(flag.k[..., 32:], flag.k_rope[:, None], atol=0)  # one rope key for all heads


@pytest.mark.parametrize("name", ["gpt2", "llama-gqa-bias", "v2-yarn", "v3-tied-q-latent"])
def test_patterns_equal_transformers(name, save_checkpoint):
    directory, _ = save_checkpoint(formats.GRID[name]())
    recorded = trace(load_model(directory), FLAG, bos=False, record=["pattern", "logits"])
    eager = AutoModelForCausalLM.from_pretrained(directory, attn_implementation="eager")
    with torch.inference_mode():
        out = eager(torch.tensor([recorded.token_ids]), output_attentions=True)
    assert np.abs(torch.cat(out.attentions).numpy() - recorded.pattern).max() < 1e-4
    assert np.abs(out.logits[0].numpy() - recorded.logits).max() < 1e-4


def test_the_baseline_through_transformer_lens_agrees_with_ours():
    for prompt in (FLAG, "Once upon a time " * 20):
        ours = trace(load_model("mini-gpt2", device="cpu"), prompt)
        theirs = trace(baseline("mini-gpt2", device="cpu"), prompt)
        assert theirs.engine == "TransformerBridge" and set(theirs.arrays) == set(ours.arrays)
        for name in ("logits", "pattern", "q", "k", "v", "z"):
            assert np.abs(ours.arrays[name] - theirs.arrays[name]).max() < 1e-4, name
        past = np.tril(np.ones(ours.scores.shape[-2:], bool))
        # scores reach tens, where float32 itself is no finer than some 1e-6 of the value
        assert np.allclose(ours.scores[..., past], theirs.scores[..., past], rtol=1e-5, atol=1e-4)


def test_the_baseline_is_gpt2_only():
    with pytest.raises(CheckpointError, match="baseline is a gpt2"):
        baseline("mini-mla")


def test_traces_survive_a_file_and_a_pickle(flag, tmp_path):
    flag.save(tmp_path / "flag.npz")
    for copy in (Trace.load(tmp_path / "flag.npz"), pickle.loads(pickle.dumps(flag))):
        assert (
            copy.config == flag.config
            and copy.tokens == flag.tokens
            and copy.token_ids == flag.token_ids
        )
        assert all(np.array_equal(copy.arrays[name], flag.arrays[name]) for name in ARRAYS)


def test_a_trace_is_frozen(flag):
    with pytest.raises(AttributeError):
        flag.model = "other"
    with pytest.raises(ValueError, match="read-only"):
        flag.pattern[0] = 0
    with pytest.raises(AttributeError, match="holds no c_kv; ask for it"):
        _ = trace(load_model("mini-gpt2"), "a", record=["logits"]).c_kv


def test_a_damaged_file_gets_one_sentence(flag, tmp_path):
    path = tmp_path / "flag.npz"
    flag.save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(RecordError, match=r"flag\.npz is not a recording, or is damaged"):
        Trace.load(path)
    np.savez(path, about=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RecordError, match="damaged"):
        Trace.load(path)  # a pickle inside is refused, not run
    with pytest.raises(RecordError, match="does not exist"):
        Trace.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "prompt",
    ["😀 été", "שלום עולם", "a\x00b\x07", "<script>alert(1)</script>", "<|endoftext|>", "\u202e"],
)
def test_any_text_runs_and_comes_back(mla, prompt):
    recorded = trace(mla, prompt, record=["logits"])
    assert mla.tokenizer.decode(list(recorded.token_ids[1:])) == prompt
    assert recorded.token_ids.count(0) == 1  # typed special tokens are text
    assert np.isfinite(recorded.logits).all()


@pytest.mark.parametrize(
    ("prompt", "said"),
    [("", "empty"), (" \n\t", "empty"), ("word " * 600, "602 tokens, mini-mla takes at most 512")],
)
def test_a_prompt_that_cannot_run_gets_one_sentence(mla, prompt, said):
    with pytest.raises(PromptError, match=said):
        trace(mla, prompt)


def test_unknown_arrays_are_named(mla):
    with pytest.raises(ValueError, match="cannot record attn; known are logits"):
        trace(mla, "a", record=["attn"])
