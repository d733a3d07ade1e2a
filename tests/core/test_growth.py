"""Growing texts: counts against formulas, rows against a Trace, a cache that forgets."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, DynamicCache

from mla_core import Decoder, kv_bytes_per_token, load_model, trace
from mla_core.attention.cache import LayerCache
from mla_core.engine import Engine
from mla_core.experiments.cache_grows import STEPS, STORAGES, Grow, Growth
from mla_core.experiments.cache_grows.compute import multiply_adds
from mla_core.inference.tracing import PromptError
from mla_core.models.locate import EMBEDDED, locate
from tests.core import formats

FLAG = "The American flag is red, white, and"
BYTES = {"fp32": 4, "bf16": 2, "fp8": 1}


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.fixture(scope="module", params=[*EMBEDDED, "mini-gpt2@64"])
def grown(request, engine):
    return engine.run(Grow(request.param, FLAG, 6))


def test_the_rows_of_all_steps_are_those_of_one_run(grown, engine):
    model = engine._pool.model(grown.trace.model)
    whole = trace(model, grown.trace.text, record=["pattern", "q", "k", "v", "c_kv", "k_rope"])
    assert whole.token_ids == grown.trace.token_ids
    cached = {"c_kv", "k_rope"} if "c_kv" in grown.trace.arrays else {"k", "v"}
    assert {"pattern", "q"} <= grown.trace.arrays.keys() <= cached | {"pattern", "q"}
    for name, rows in grown.trace.arrays.items():
        expected = whole.arrays[name]
        assert np.abs(rows - expected).max() < 1e-4 * max(1, np.abs(expected).max()), name
    assert grown.x.shape == (8, len(grown.trace.tokens), 256)


def test_what_is_said_is_what_a_decoder_says(grown, engine):
    decoder = Decoder(engine._pool.model(grown.trace.model))
    decoder.prefill(FLAG)
    for i in range(6):
        step = decoder.step()
        assert grown.next_ids[i][0] == step.token_id
        assert grown.next[i][0] == pytest.approx(step.probabilities.max(), abs=1e-5)
    assert tuple(decoder.token_ids) == grown.trace.token_ids


def test_bytes_are_those_of_the_formula(grown):
    per_token = kv_bytes_per_token(grown.trace.config, 4)
    steps = grown.steps
    assert steps["tokens"].tolist() == [10, 11, 12, 13, 14, 15, 16]
    assert np.array_equal(steps["held"], steps["tokens"] * per_token)
    assert np.array_equal(steps["read"], steps["held"])  # attention reads the new row as well
    assert steps["written"].tolist() == [10 * per_token] + 6 * [per_token]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("name", ["mini-gqa", "mini-mla"])
def test_a_storage_type_is_really_stored(engine, name, storage):
    found = engine.run(Grow(name, FLAG, 2, storage=storage))
    per_token = found.trace.config.cached_values * BYTES[storage]
    assert np.array_equal(found.steps["held"], found.steps["tokens"] * per_token)
    plain = engine.run(Grow(name, FLAG, 2))
    kinds = {"bf16": torch.bfloat16, "fp8": torch.float8_e4m3fn, "fp32": torch.float32}
    for array in ("k", "c_kv"):
        if array in plain.trace.arrays:  # the first layer sees the same input: rounded, no more
            rounded = torch.tensor(plain.trace.arrays[array][0]).to(kinds[storage]).float().numpy()
            stored = found.trace.arrays[array][0]
            assert np.abs(stored - rounded).max() <= 1e-5 * np.abs(rounded).max()


def test_float8_keeps_what_is_too_large_for_it_finite():
    cache = LayerCache(torch.float8_e4m3fn)
    (held,) = cache.append(k=torch.tensor([[[-1e6, 3.0, 500.0]]]))
    assert held.tolist() == [[[-448.0, 3.0, 448.0]]]


# multiply-adds by hand, from the sizes: (for each token run, for each query and key)
BY_HAND = {
    "mini-gpt2": (8 * (4 * 256 * 256 + 2 * 256 * 960) + 8192 * 256, 8 * 2 * 256),
    "mini-mha": (8 * (4 * 256 * 256 + 3 * 256 * 672) + 8192 * 256, 8 * 2 * 256),
    "mini-gqa": (8 * (2 * 256 * 256 + 2 * 256 * 64 + 3 * 256 * 672) + 8192 * 256, 8 * 2 * 256),
    "mini-mqa": (8 * (2 * 256 * 256 + 2 * 256 * 32 + 3 * 256 * 672) + 8192 * 256, 8 * 2 * 256),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_counts_are_those_by_hand(engine, name):
    each, pair = BY_HAND[name]
    found = engine.run(Grow(name, FLAG, 6))
    assert found.law() == ((each, pair), (each, pair))


def test_counts_of_mla_are_those_by_hand(engine):
    found = engine.run(Grow("mini-mla", FLAG, 6))
    rest = 8 * (256 * 8 * 48 + 256 * 80 + 256 * 256 + 3 * 256 * 672) + 8192 * 256
    absorbed = 8 * 8 * 2 * 32 * 64  # W_UK for the query, W_UV behind the sum
    assert found.law() == (
        (rest + absorbed, 8 * 8 * (80 + 64)),
        (rest + 8 * 64 * 8 * 64, 8 * 8 * (48 + 32)),  # keys and values rebuilt for each token
    )


@given(tokens=st.integers(2, 120), name=st.sampled_from(["mini-gpt2", "mini-mla"]))
@settings(max_examples=8, deadline=None)
def test_every_other_step_lies_on_the_law(engine, tokens, name):
    ((fixed, slope), (straight, bend)) = engine.run(Grow(name, FLAG, 2)).law()
    model = engine._pool.model(name)
    with torch.inference_mode():
        cached = multiply_adds(model, 1, tokens - 1, cached=True)
        full = multiply_adds(model, tokens, 0, cached=False)
    assert cached == fixed + slope * tokens
    assert full == straight * tokens + bend * tokens**2


def test_what_lies_on_no_line_is_counted_at_every_length():
    from fractions import Fraction

    from mla_core.experiments.cache_grows.compute import _along

    asked: list[int] = []

    def bent(t: int) -> Fraction:
        asked.append(t)
        return Fraction(t**3)

    assert _along(bent, list(range(5, 12))) == [t**3 for t in range(5, 12)]
    assert set(asked) == set(range(5, 12))
    asked.clear()

    def straight(t: int) -> Fraction:
        asked.append(t)
        return Fraction(7 + 3 * t, 2)

    assert _along(straight, list(range(5, 12))) == [straight(t) for t in range(5, 12)]
    assert asked[:3] == [5, 11, 8]


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla", "mini-gpt2@64"])
def test_every_step_of_a_text_is_what_a_count_of_it_gives(engine, name):
    found = engine.run(Grow(name, FLAG, 6))
    model = engine._pool.model(name)
    with torch.inference_mode():
        for i, t in enumerate(found.steps["tokens"].tolist()):
            new, held = (t, 0) if i == 0 else (1, t - 1)
            assert found.steps["macs"][i] == multiply_adds(model, new, held, cached=True)
            assert found.steps["macs_full"][i] == multiply_adds(model, t, 0, cached=False)


def test_no_law_without_steps(engine):
    assert engine.run(Grow("mini-mla", FLAG, 1)).law() is None


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("gone", [1, 4, 8])
def test_forgetting_is_transformers_masking(engine, name, gone):
    """There the oldest cached tokens are masked for the last one, at its own position."""
    found = engine.run(Grow(name, FLAG, 6))
    hf = AutoModelForCausalLM.from_pretrained(locate(name), dtype=torch.float32).eval()
    ids = torch.tensor([found.trace.token_ids[:10]])
    cache = DynamicCache(config=hf.config)
    mask = torch.tensor([[0] * gone + [1] * (10 - gone)])
    with torch.inference_mode():
        hf(ids[:, :-1], past_key_values=cache)
        expected = hf(
            ids[:, -1:], past_key_values=cache, attention_mask=mask,
            position_ids=torch.tensor([[9]]),
        ).logits[0, -1].softmax(-1).numpy()  # fmt: skip
    at = found.forgotten.tolist().index(gone)
    assert np.abs(expected[found.forgotten_ids[at]] - found.forgotten_next[at]).max() < 1e-4
    assert found.forgotten_next[at][0] == pytest.approx(expected.max(), abs=1e-4)


def test_nothing_forgotten_changes_nothing(grown):
    assert grown.forgotten[0] == 0 and np.array_equal(grown.forgotten_ids[0], grown.next_ids[0])
    assert np.abs(grown.forgotten_next[0] - grown.next[0]).max() < 1e-5


@given(drop=st.integers(0, 12), keep=st.integers(0, 12), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_cache_drops_from_either_end(drop, keep, seed):
    rows = torch.randn(1, 2, 10, 4, generator=torch.Generator().manual_seed(seed))
    cache = LayerCache()
    cache.append(k=rows)
    cache.forget(drop)
    cache.crop(keep)
    drop = min(drop, 10)
    left = rows[:, :, drop : drop + keep]
    assert cache.length == left.shape[2] and cache.forgotten == drop
    assert torch.equal(cache["k"], left) and cache.nbytes == left.nbytes
    (held,) = cache.append(k=rows)
    assert torch.equal(held, torch.cat((left, rows), dim=2))


@pytest.mark.parametrize("make", [formats.GRID["llama-gqa-bias"], formats.GRID["gpt2"]])
def test_a_window_slides_over_any_model(save_checkpoint, make):
    """Forgetting the oldest token before every step is attention with a sliding window."""
    directory, _ = save_checkpoint(make())
    model = load_model(directory, device="cpu")
    decoder = Decoder(model)
    decoder.prefill_ids(list(range(2, 22)))
    for _ in range(6):
        decoder.cache.forget(1)
        decoder.step()
        assert decoder.cache.length == 20
        assert decoder.cache.position == len(decoder.token_ids)


def test_drawing_is_repeatable_and_limits_hold(engine):
    drawn = Grow("mini-mla", FLAG, 6, temperature=2.0, top_k=10**6, seed=3)
    assert engine.run(drawn).trace.token_ids == Engine().run(drawn).trace.token_ids
    other = dataclasses.replace(drawn, seed=4)
    assert engine.run(other).trace.token_ids != engine.run(drawn).trace.token_ids
    one = dataclasses.replace(drawn, top_k=1)
    greedy = engine.run(Grow("mini-mla", FLAG, 6))
    assert engine.run(one).trace.token_ids == greedy.trace.token_ids
    full = engine.run(Grow("mini-mla", "a " * 509, 40))
    assert len(full.trace.token_ids) == 512 and full.trace.prompt_length < 512
    for wrong in (
        Grow("mini-mla", FLAG, 1, storage="int4"),
        Grow("mini-mla", FLAG, 1, temperature=-1.0),
        Grow("mini-mla", FLAG, 1, temperature=1.0, top_k=0),
        Grow("mini-mla", "  ", 1),
    ):
        with pytest.raises(ValueError):
            engine.run(wrong)
    with pytest.raises(PromptError, match="shorten"):
        engine.run(Grow("mini-mla", "a " * 600, 1))


def test_a_single_token_grows(engine):
    found = engine.run(Grow("mini-gpt2", "a", 3))
    assert found.steps["tokens"].tolist()[0] == found.trace.prompt_length == 2
    assert found.forgotten.tolist() == [0, 1]


def test_saving_and_loading(grown, tmp_path):
    grown.save(tmp_path / "grown.npz")
    again = Growth.load(tmp_path / "grown.npz")
    assert again.trace.token_ids == grown.trace.token_ids and again.storage == grown.storage
    assert again.law() == grown.law() and again.nbytes == grown.nbytes
    for name in STEPS:
        assert np.array_equal(again.steps[name], grown.steps[name])
    assert np.array_equal(again.next_ids, grown.next_ids)


def test_others_are_let_in_between_steps(engine):
    order: list[str] = []
    from mla_core.experiments.cache_grows.compute import grow

    grow(engine._pool.model("mini-mla"), Grow("mini-mla", FLAG, 3), lambda: order.append("between"))
    assert len(order) == 6  # before each of four steps, before they are counted, before the cut
    assert Grow.patient
