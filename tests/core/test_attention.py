"""The attention itself: two paths, one result; and what lies in the cache."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mla_core.attention.cache import LayerCache
from mla_core.attention.latent import MultiHeadLatentAttention
from mla_core.attention.multihead import multihead_attention
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import rotary_table, rotate
from mla_core.attention.rope_config import RopeConfig


def make_mla(h=3, c=10, q=None, n=6, r=4, v=5, d=16, interleave=True, rope=None, seed=0):
    torch.manual_seed(seed)
    layer = MultiHeadLatentAttention(
        hidden_size=d, num_attention_heads=h, kv_lora_rank=c, q_lora_rank=q, qk_nope_head_dim=n,
        qk_rope_head_dim=r, v_head_dim=v, attention_bias=bool(seed % 2), rope=rope or RopeConfig(),
        rope_interleave=interleave,
    )  # fmt: skip
    return layer.double().requires_grad_(False)


def rotation(start, stop, r, rope=None):
    cos, sin = rotary_table(stop, r, rope or RopeConfig())
    return cos[start:stop].double(), sin[start:stop].double()


@settings(max_examples=40, deadline=None)
@given(
    h=st.integers(1, 4), c=st.integers(1, 12), q=st.none() | st.integers(1, 8),
    n=st.integers(1, 7), r=st.sampled_from([2, 4, 6]), v=st.integers(1, 7),
    prefill=st.integers(1, 9), steps=st.integers(0, 4), interleave=st.booleans(),
    yarn=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_naive_and_absorbed_agree_to_1e_10(
    h, c, q, n, r, v, prefill, steps, interleave, yarn, seed
):
    rope = RopeConfig()
    if yarn:
        rope = RopeConfig(
            rope_type="yarn", factor=4.0, original_max_position_embeddings=8, mscale_all_dim=1.0
        )
    layer = make_mla(h, c, q, n, r, v, interleave=interleave, rope=rope, seed=seed)
    x = torch.randn(2, prefill + steps, 16, dtype=torch.float64)
    caches = {"naive": LayerCache(), "absorbed": LayerCache()}
    parts = [(0, prefill), *((i, i + 1) for i in range(prefill, prefill + steps))]
    for start, stop in parts:
        out = {
            mode: layer(x[:, start:stop], rotation(start, stop, r, rope), mode=mode, cache=cache)
            for mode, cache in caches.items()
        }
        assert (out["naive"] - out["absorbed"]).abs().max() < 1e-10


def test_the_fused_training_path_is_the_naive_one():
    layer = make_mla(q=7)
    x = torch.randn(2, 9, 16, dtype=torch.float64)
    turn = rotation(0, 9, 4)
    recorded = layer(x, turn, record=Recorder(["pattern"]))
    assert (layer(x, turn) - recorded).abs().max() < 1e-12


def test_mla_caches_the_latent_and_the_rope_key_and_nothing_else():
    layer, cache = make_mla(c=10, r=4), LayerCache()
    x = torch.randn(1, 7, 16, dtype=torch.float64)
    layer(x, rotation(0, 7, 4), mode="absorbed", cache=cache)
    assert set(cache) == {"c_kv", "k_rope"}
    assert cache["c_kv"].shape == (1, 7, 10) and cache["k_rope"].shape == (1, 7, 4)
    assert cache.nbytes == 7 * (10 + 4) * 8


def test_interleaved_and_half_split_are_the_same_up_to_the_order_of_rows():
    """DeepSeek's layout with its rope rows reordered is Llama's (even rows first)."""
    r, x = 8, torch.randn(2, 5, 8, dtype=torch.float64)
    order = [*range(0, r, 2), *range(1, r, 2)]
    cos, sin = rotation(0, 5, r)
    interleaved = rotate(x, cos, sin, interleaved=True)[..., order]
    assert torch.equal(interleaved, rotate(x[..., order], cos, sin, interleaved=False))


@settings(max_examples=30, deadline=None)
@given(shift=st.integers(0, 50), gap=st.integers(0, 30), interleaved=st.booleans())
def test_rope_scores_depend_on_the_distance_only(shift, gap, interleaved):
    generator = torch.Generator().manual_seed(gap)
    q, k = torch.randn(2, 1, 8, generator=generator, dtype=torch.float64)
    cos, sin = rotation(0, 90, 8)

    def score(i, j):
        turned = [
            rotate(x, cos[p : p + 1], sin[p : p + 1], interleaved=interleaved)
            for x, p in ((q, i), (k, j))
        ]
        return float((turned[0] * turned[1]).sum())

    assert score(gap, 0) == pytest.approx(score(gap + shift, shift), abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    groups=st.integers(1, 3), shared=st.integers(1, 3), s=st.integers(1, 8), seed=st.integers(0, 9)
)
def test_gqa_is_mha_with_repeated_keys_and_values(groups, shared, s, seed):
    generator = torch.Generator().manual_seed(seed)
    h = groups * shared
    q = torch.randn(2, h, s, 4, generator=generator, dtype=torch.float64)
    k, v = torch.randn(2, 2, groups, s, 4, generator=generator, dtype=torch.float64)
    wide = [x.repeat_interleave(shared, dim=1) for x in (k, v)]
    record = Recorder(["pattern"])
    z = multihead_attention(q, k, v, scale=0.5, record=record)
    assert torch.allclose(z, multihead_attention(q, *wide, scale=0.5, cache=LayerCache()))
    assert torch.allclose(z, multihead_attention(q, k, v, scale=0.5))  # the fused kernel
    pattern = record.layers["pattern"][0]
    assert torch.allclose(pattern.sum(-1), torch.ones(2, h, s, dtype=torch.float64))
    assert (pattern.triu(1) == 0).all()


@settings(max_examples=30, deadline=None)
@given(chunks=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_a_cache_returns_every_row_in_order_and_counts_bytes(chunks):
    rows = torch.arange(sum(chunks) * 3, dtype=torch.float32).view(1, -1, 3)
    cache, start, read = LayerCache(), 0, 0
    for size in chunks:
        (held,) = cache.append(c_kv=rows[:, start : start + size])
        start += size
        assert torch.equal(held, rows[:, :start])
        read += held.nbytes
    assert cache.nbytes == cache.bytes_written == rows.nbytes
    assert cache.bytes_read == read


def test_a_cache_keeps_to_its_names():
    cache = LayerCache()
    cache.append(k=torch.ones(1, 1, 2), v=torch.ones(1, 1, 2))
    with pytest.raises(ValueError, match="holds \\['k', 'v'\\]"):
        cache.append(c_kv=torch.ones(1, 1, 2))
