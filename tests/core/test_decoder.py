"""Generation: each step of the decoder against a trace of the whole text, and its byte counts."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mla_core import Decoder, kv_bytes_per_token, load_model, trace
from mla_core.inference.decoder import choose
from mla_core.inference.tracing import PromptError
from mla_core.models.locate import EMBEDDED

FLAG = "The American flag is red, white, and"


@pytest.mark.parametrize("name", EMBEDDED)
def test_steps_equal_a_trace_of_the_whole_text(name):
    model = load_model(name, device="cpu")
    decoder = Decoder(model)
    decoder.prefill(FLAG)
    steps = [decoder.step() for _ in range(6)]
    whole = trace(
        model, model.tokenizer.decode(decoder.token_ids[1:]), record=["logits", "pattern"]
    )
    assert whole.token_ids == tuple(decoder.token_ids)
    for i, step in enumerate(steps):
        position = 10 + i
        row = whole.pattern[:, :, position, : position + 1]
        assert np.abs(step.pattern - row).max() < 1e-5
        assert np.abs(step.probabilities - whole.probabilities()[position - 1]).max() < 1e-5
        assert step.token == whole.tokens[position]


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_live_cache_grows_by_the_formula(name):
    model = load_model(name, device="cpu")
    per_token = kv_bytes_per_token(model.config, bytes_per_value=4)
    decoder = Decoder(model)
    decoder.prefill(FLAG)
    assert decoder.cache.nbytes == 10 * per_token
    for tokens in range(11, 50):
        step = decoder.step()
        assert step.bytes_written == per_token
        assert step.bytes_read == step.cache_nbytes == tokens * per_token


def test_published_sizes():
    """DeepSeek-V2, Table 1, on our five: numbers a token and layer."""
    sizes = {name: load_model(name).config.cached_values // 8 for name in EMBEDDED}
    assert sizes == {
        "mini-gpt2": 512, "mini-mha": 512, "mini-gqa": 128, "mini-mqa": 64, "mini-mla": 80,
    }  # fmt: skip
    config = load_model("mini-mla").config
    assert kv_bytes_per_token(config) == 80 * 8 * 2
    assert kv_bytes_per_token(config, 0.75) == 80 * 8 * 6 // 8
    with pytest.raises(ValueError, match="positive"):
        kv_bytes_per_token(config, 0)


def test_naive_and_absorbed_generate_the_same():
    model = load_model("mini-mla", device="cpu")
    texts = []
    for mode in ("naive", "absorbed"):
        decoder = Decoder(model, mode)
        decoder.prefill("Once upon a time")
        texts.append([decoder.step().token_id for _ in range(24)])
    assert texts[0] == texts[1]


def test_two_decoders_on_one_model_do_not_meet():
    model = load_model("mini-mla", device="cpu")
    alone = Decoder(model)
    alone.prefill(FLAG)
    expected = [alone.step().token_id for _ in range(5)]
    one, other = Decoder(model), Decoder(model)
    one.prefill(FLAG)
    other.prefill("Once upon a time, there was")
    got = []
    for _ in range(5):
        got.append(one.step().token_id)
        other.step(temperature=1.0, seed=0)
    assert got == expected


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), position=st.integers(0, 500), top_k=st.integers(1, 30))
def test_a_seed_repeats_and_top_k_limits(seed, position, top_k):
    logits = torch.randn(50, generator=torch.Generator().manual_seed(1))
    token = choose(logits, 0.9, top_k, seed, position)
    assert token == choose(logits, 0.9, top_k, seed, position)
    assert token in logits.topk(top_k).indices


def test_sampling_follows_the_distribution():
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    drawn = [choose(logits, 0.5, None, 7, i) for i in range(4000)]
    share = np.bincount(drawn, minlength=4) / 4000
    assert np.abs(share - torch.softmax(logits / 0.5, -1).numpy()).max() < 0.03


@settings(max_examples=60, deadline=None)
@given(
    temperature=st.floats(min_value=0, allow_infinity=False),
    spread=st.floats(-300, -0.01) | st.floats(0.01, 300),
    top_k=st.none() | st.integers(1, 10**30),
)
@example(temperature=5e-324, spread=-1.0, top_k=None)
@example(temperature=1.7e308, spread=1.0, top_k=3)
def test_any_temperature_gives_a_token_and_the_smallest_the_likeliest(temperature, spread, top_k):
    logits = torch.tensor([0.0, 1.0, -2.0, 0.5]) * spread
    token = choose(logits, temperature, top_k, 5, 9)
    assert token in range(4)
    if temperature < 1e-9 * abs(spread):
        assert token == logits.argmax()


def test_bad_calls_say_what_to_do():
    decoder = Decoder(load_model("mini-mla", device="cpu"))
    with pytest.raises(ValueError, match="call prefill first"):
        decoder.step()
    with pytest.raises(PromptError, match="empty"):
        decoder.prefill("  ")
    with pytest.raises(PromptError, match="half a character"):
        decoder.prefill("a \ud800 b")
    decoder.prefill("Hello")
    for bad in (-1.0, float("nan"), float("inf"), 10**400):
        with pytest.raises(ValueError, match="temperature"):
            decoder.step(temperature=bad)
    with pytest.raises(ValueError, match="top_k"):
        decoder.step(temperature=1.0, top_k=0)
    with pytest.raises((ValueError, TypeError), match="mode"):
        Decoder(decoder.model, mode="fast")  # type: ignore[arg-type]
    decoder.prefill_ids([1] * 500)
    with pytest.raises(PromptError, match="512 positions"):
        for _ in range(20):
            decoder.step()
