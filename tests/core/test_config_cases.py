"""Public configurations that were read wrongly once, and what generalises each of them.

The cases are facts (fields, tokens, bytes in bfloat16) from public files; each names its source.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mla_core.arithmetic.architectures import PUBLISHED, STORAGES
from mla_core.arithmetic.architectures.attention import Heads
from mla_core.arithmetic.architectures.harmless_fields import deciding, is_off
from mla_core.arithmetic.architectures.hugging_face import ConfigError, from_config
from mla_core.arithmetic.architectures.text_part import NAMES

BF16 = STORAGES["bfloat16"]
CASES = json.loads((Path(__file__).parent / "config_cases.json").read_text(encoding="utf-8"))


def bytes_of(fields, tokens=1_000) -> float:
    return from_config(fields).architecture.cache(BF16).value(t=tokens)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_public_cases_are_right_or_refused_by_name(case):
    named = case["or_a_refusal_naming"]
    try:
        found = bytes_of(case["config"], case["tokens"])
    except ConfigError as error:
        assert any(field in str(error) for field in named), str(error)
    else:
        assert found == case["bytes_bf16"]


PLAIN = {
    "model_type": "nobody", "num_hidden_layers": 4, "num_attention_heads": 8,
    "num_key_value_heads": 2, "hidden_size": 64, "max_position_embeddings": 4096,
}  # fmt: skip
ROW = 4 * 2 * 2 * 8 * 2
LATENT = {
    "model_type": "nobody", "num_hidden_layers": 3, "num_attention_heads": 8, "kv_lora_rank": 32,
    "qk_rope_head_dim": 8, "qk_nope_head_dim": 16, "v_head_dim": 16,
}  # fmt: skip
# as published files have them; none of these changes what is kept
ORDINARY = {
    "attention_bias": False, "attention_dropout": 0.1, "attn_implementation": "flash_attention_2",
    "use_cache": True, "cache_implementation": "hybrid", "layer_norm_eps": 1e-5, "qk_layernorm": True,
    "query_pre_attn_scalar": 256, "attn_logit_softcapping": 50.0, "num_nextn_predict_layers": 1,
    "first_k_dense_replace": 3, "moe_layer_freq": 1, "topk_group": 4, "n_group": 8, "is_decoder": False,
    "is_causal": True, "lm_head": True, "rm_head": False, "quantization_config": {"bits": 4},
    "rope_scaling": {"type": "yarn", "factor": 4}, "mlp_only_layers": [0, 1], "q_lora_rank": 24,
    "pruned_heads": {}, "cross_attention_hidden_size": None, "add_cross_attention": False,
    "chunk_size_feed_forward": 0, "use_sliding_window": False, "sliding_window": None,
    "num_kv_shared_layers": 0, "shared_expert_intermediate_size": 32, "decoder_sparse_step": 1,
    "output_hidden_states": False, "image_token_index": 3, "tie_encoder_decoder": False,
    "attn_type_list": [1, 1, 1, 1], "use_cla": False, "cla_share_factor": 2, "max_window_layers": 4,
    "layer_types": ["full_attention"] * 4, "use_mla": False, "kv_lora_rank": None, "index_topk": None,
}  # fmt: skip


def test_ordinary_fields_change_nothing():
    assert bytes_of(PLAIN | ORDINARY) == bytes_of(PLAIN) == 1_000 * ROW


# each changes what a cache keeps, and is read where its meaning is certain or refused by its name
DECIDING = {
    "layer_group_size": 4, "attn_type_list": [0, 0, 0, 1],
    "num_kv_shared_layers": 2, "sliding_window": 128, "sliding_window_pattern": 6,
    "sparse_attention_config": {"top_k": 64}, "index_topk": 64, "attn_layer_indices": [1],
    "linear_attn_config": {"kda_layers": [1, 2]}, "layer_types": ["linear_attention"] * 4,
    "hybrid_override_pattern": "M*M*", "mamba_d_state": 16, "state_size": 16, "conv_kernel": 4,
    "cross_layer_attention": True, "kv_sharing_map": [0, 0, 1, 1], "skip_attention_layers": [3],
    "attention_sink_size": 4, "memory_tokens_per_layer": 8, "global_head_dim": 128,
    "full_attention_interval": 4, "local_attention_window": 64, "attn_cfg": {"kv_heads": 1},
    "qk_rope_head_dim": 16, "v_head_dim": 24, "rope_head_dim": 8, "latent_dim": 64,
    "block_configs": [{"attention": {"n_heads_in_group": 4, "window_length": 64}}] * 4,
    "num_key_value_heads_per_layer": [1, 2, 3, 4], "use_mla": True, "full_attn_idxs": [1],
    "chunk_attention_size": 64, "moba_config": {"chunk": 64}, "swa_num_key_value_heads": 8,
    "use_full_attention": False, "is_causal": False, "gla_heads": 4, "kv_cache_dim": 64,
    "num_memory_slots": 8, "cla_share_factor": 2, "use_cla": "yes", "use_sliding_window": True,
}  # fmt: skip


@pytest.mark.parametrize("field", DECIDING)
def test_a_field_that_decides_is_named_with_what_was_found(field):
    fields = PLAIN | {field: DECIDING[field]}
    if field == "cla_share_factor":
        fields |= {"use_cla": True}
        assert bytes_of(fields) == 1_000 * ROW / 2
        return
    with pytest.raises(ConfigError) as error:
        from_config(fields)
    named = "kv_lora_rank" if field == "use_mla" else field  # on, and its sizes are missing
    assert named in str(error.value)
    assert len(str(error.value)) <= 300


SMELL = st.sampled_from(
    ("attn", "attention", "layer", "cache", "window", "head", "rank", "state", "skip", "share",
     "compress", "linear", "sparse", "index", "latent", "kv", "mamba", "conv", "hybrid", "block")
)  # fmt: skip
PART = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=6)
NAME = st.builds(lambda a, smell, b: f"x{a}_{smell}_{b}x", PART, SMELL, PART)
ON = st.one_of(
    st.integers(1, 100), st.just(True), st.text("abc", min_size=1, max_size=5).filter(str.isalpha),
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 4), min_size=1),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from((PLAIN, LATENT)), NAME, ON)
def test_a_reading_never_drops_a_field_that_smells(fields, name, value):
    """Unknown and switched on: refused by its name. Null, false, 0: nothing changes."""
    assert deciding(name)
    if not is_off(name, value):
        with pytest.raises(ConfigError, match=name):
            from_config(fields | {name: value})
    assert bytes_of(fields | {name: None}) == bytes_of(fields | {name: 0}) == bytes_of(fields)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(NAMES), st.sampled_from((None, *NAMES)), st.sampled_from((PLAIN, LATENT)),
    st.booleans(), st.sampled_from(("vision_config", "audio_encoder", "talker_config")),
)  # fmt: skip
def test_the_part_that_writes_is_found_under_each_name(inner, outer, fields, own_type, other):
    part = dict(fields) if own_type else {k: v for k, v in fields.items() if k != "model_type"}
    whole = {
        "model_type": "somebody",
        other: {"num_hidden_layers": 9, "hidden_size": 7},
        inner: part,
    }
    if outer is not None and outer != inner:
        whole = {"model_type": "somebody", outer: whole}
    assert bytes_of(whole) == bytes_of(fields)


KNOWN = {
    "llama": PLAIN, "qwen2": PLAIN, "gpt_neox": {k: v for k, v in PLAIN.items() if "value" not in k},
    "deepseek_v3": LATENT | {"num_key_value_heads": 8}, "gemma3_text": PLAIN | {"head_dim": 8},
    "mistral": PLAIN | {"sliding_window": 64}, "mixtral": PLAIN,
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KNOWN)), st.sampled_from(NAMES), st.booleans())
def test_a_known_part_is_read_by_its_own_type_in_any_wrapper(kind, name, is_decoder):
    """Also with `is_decoder` false, as full dumps have it."""
    fields = KNOWN[kind] | {"model_type": kind}
    part = fields if is_decoder else fields | {"is_decoder": False}
    assert bytes_of({"model_type": "somebody", name: part}) == bytes_of(fields)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(("gemma3", "llama4", "mistral3", "qwen2_vl", "kimi_k25")), st.integers(2, 40)
)
def test_numbers_that_stand_flat_are_read_or_refused(kind, layers):
    fields = (LATENT if kind == "kimi_k25" else PLAIN) | {
        "model_type": kind, "num_hidden_layers": layers,
    }  # fmt: skip
    read = from_config(fields)
    assert read.architecture.num_hidden_layers == layers
    assert any("no text_config" in note for note in read.notes)
    with pytest.raises(ConfigError, match=r"num_hidden_layers is \d+ outside text_config"):
        part = {"hidden_size": 64, "num_attention_heads": 8}
        from_config({"model_type": kind, "text_config": part, "num_hidden_layers": layers + 100})


def test_defaults_are_said_also_when_the_name_stands_elsewhere():
    fields = {"model_type": "gemma3", "vision_config": {"num_hidden_layers": 27}, "text_config": {
        "hidden_size": 64}}  # fmt: skip
    notes = " ".join(from_config(fields).notes)
    assert "num_hidden_layers is not in the file: 26" in notes and "layer_types" in notes


def test_layers_with_two_attentions_are_never_counted_once():
    """LongCat-Flash: num_layers says the layers, and transformers makes 2 caches of each."""
    heads = {"num_key_value_heads": 8, "hidden_size": 64, "num_layers": 3}
    fields = LATENT | heads | {"model_type": "longcat_flash"}
    with pytest.raises(ConfigError, match="num_hidden_layers is 3"):
        from_config(fields)
    del fields["num_hidden_layers"]
    assert from_config(fields).architecture.num_hidden_layers == 6


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"model_type": "vision-encoder-decoder", "decoder": {"model_type": "gpt2"}}, "encoder and a d"),
        ({"model_type": "gemma4_assistant", "text_config": {"model_type": "gemma4_text"}}, "draft"),
        ({"model_type": "clip", "text_config": {"num_hidden_layers": 4}}, "looks both ways"),
        (PLAIN | {"model_type": "llama", "use_cla": True}, "use_cla is true"),
        (PLAIN | {"model_type": "qwen2", "block_configs": [1]}, "block_configs"),
        (PLAIN | {"model_type": "minimax_m2", "attn_type_list": [1, 0, 1, 1]}, "attn_type_list"),
        ({"model_type": "nemotron_h", "hybrid_override_pattern": "M*M*"}, "hybrid_override_pattern"),
        ({"model_type": "minimax_m3_vl_text", "num_hidden_layers": 2, "sparse_attention_config": {
            "sparse_attention_freq": [0, 1]}}, "sparse_attention_config"),
        ({"model_type": "mimo_v2_flash", "swa_num_key_value_heads": 3}, "swa_num_key_value_heads is 3"),
    ],
)  # fmt: skip
def test_kinds_and_fields_that_are_refused_are_refused_truthfully(fields, told):
    with pytest.raises(ConfigError, match=told):
        from_config(fields)


def test_a_known_kind_says_what_it_does_not_read():
    read = from_config(
        PLAIN | {"model_type": "llama", "attention_sinks": 4, "layer_norm_eps": 1e-5}
    )
    assert any("Not read" in note and "attention_sinks" in note for note in read.notes)
    assert (
        bytes_of(PLAIN | {"model_type": "minimax_m2", "attn_type_list": [1] * 4, "head_dim": 8})
        == 1_000 * ROW
    )


def test_two_parts_that_could_write_are_refused():
    with pytest.raises(ConfigError, match="text_config and llm_config"):
        from_config({"model_type": "x", "text_config": PLAIN, "llm_config": LATENT})
    with pytest.raises(ConfigError, match="strange_part"):
        from_config({"model_type": "x", "strange_part": PLAIN})


def test_advice_that_is_followed_is_right_or_refused_again():
    """Nemotron's file with the field that an earlier refusal asked for, and others of its kind."""
    missing = {k: v for k, v in PLAIN.items() if k != "num_key_value_heads"}
    with pytest.raises(ConfigError, match="num_key_value_heads is missing"):
        from_config(missing)
    blocks = [{"attention": {"n_heads_in_group": 4, "no_op": False}}] * 3 + [
        {"attention": {"n_heads_in_group": None, "no_op": True}}
    ]
    assert bytes_of(PLAIN | {"block_configs": blocks}) == 1_000 * ROW * 3 / 4
    with pytest.raises(ConfigError, match="num_key_value_heads_per_layer"):
        from_config(PLAIN | {"num_key_value_heads_per_layer": [2, 2, 1]})
    each = from_config(PLAIN | {"num_key_value_heads_per_layer": [1, 2, 4, 8]}).architecture
    assert each.row(BF16).value() == 15 * 2 * 8 * 2


def test_windows_of_an_unknown_kind_are_on_where_the_file_says_so():
    on = PLAIN | {"sliding_window": 64, "use_sliding_window": True, "max_window_layers": 3}
    assert from_config(on).architecture.layers == (
        (3, Heads(8, 2, 8)),
        (1, Heads(8, 2, 8, window=64)),
    )
    kinds = ["full_attention", "sliding_attention"] * 2
    listed = PLAIN | {"sliding_window": 64, "layer_types": kinds}
    assert from_config(listed).architecture.layers == (
        (2, Heads(8, 2, 8)), (2, Heads(8, 2, 8, window=64)),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="layer_types"):
        from_config(PLAIN | {"layer_types": kinds[:3], "sliding_window": 64})


def test_deepseek_v4_is_the_published_one_by_either_name():
    fields = CASES[0]["config"]
    for model_type in ("deepseek_ref", "deepseek_v4"):
        read = from_config(fields | {"model_type": model_type}).architecture
        assert sorted(read.layers, key=str) == sorted(
            PUBLISHED["DeepSeek-V4-Flash"].layers, key=str
        )
    assert PUBLISHED["DeepSeek-V4-Flash"].cache(BF16).value(t=1_048_576) == 7_220_055_040


def test_a_file_of_5_mb_is_read():
    names = [f"model.layers.{index}.mlp.down_proj.weight" for index in range(120_000)]
    text = json.dumps(PLAIN | {"model_type": "llama", "quantization_config": {"ignore": names}})
    assert len(text) > 5_000_000
    assert bytes_of(text) == 1_000 * ROW


ABSURD = (10**5, 10**8, 10**30, -(10**9))


@pytest.mark.parametrize("size", ABSURD)
@pytest.mark.parametrize(
    "field",
    ["num_hidden_layers", "n_layer", "num_layers", "num_mtp_layers", "encoder_layers", "H_cycles"],
)
@pytest.mark.parametrize("kind", ["llama", "gpt2", "hrm_text", "nobody", "gemma3"])
def test_absurd_sizes_never_reach_transformers(monkeypatch, kind, field, size):
    def reached(*_):
        raise AssertionError("transformers would lay out so many layers")

    monkeypatch.setattr("mla_core.arithmetic.architectures.hugging_face._read", reached)
    for where in ({}, {"text_config": {}}):
        fields = {"model_type": kind} | where
        (fields.get("text_config") or fields)[field] = size
        if "text_config" in where:
            fields["text_config"] = {field: size}
        with pytest.raises(ConfigError, match=field):
            from_config(json.dumps(fields))


@pytest.mark.parametrize(
    "long", ["x" * 4_000_000, list(range(100_000)), {"a" * 9_000: "b" * 9_000}]
)
@pytest.mark.parametrize(
    "field", ["layer_types", "num_hidden_layers", "num_key_value_heads_per_layer"]
)
@pytest.mark.parametrize("kind", ["llama", "nobody"])
def test_what_is_quoted_is_cut(kind, field, long):
    with pytest.raises(ConfigError) as error:
        from_config(PLAIN | {"model_type": kind, field: long})
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize("kind", ["dots3_note", "dots3_note_text", "embedding_gemma2", "gemma4"])
def test_exceptions_of_the_library_are_sentences(kind):
    """Layers that differ in a field have no one answer there, and transformers raises at the question."""
    try:
        found = bytes_of({"model_type": kind})
    except ConfigError as error:
        assert len(str(error)) <= 300
    else:
        assert found > 0
