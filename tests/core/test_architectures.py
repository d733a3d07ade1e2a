"""Published models: our formulas against transformers' live caches, and against the fact sheet."""

import json

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from mla_core import kv_bytes_per_token, load_model
from mla_core.arithmetic.architectures import PUBLISHED, STORAGES, without_latent
from mla_core.arithmetic.architectures.attention import Heads
from mla_core.arithmetic.architectures.compared_kinds import COMPARED
from mla_core.arithmetic.architectures.hugging_face import ConfigError, from_config
from mla_core.arithmetic.formula import Formula, FormulaError
from mla_core.models.locate import EMBEDDED, locate

BF16 = STORAGES["bfloat16"]
TINY = {
    "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
    "max_position_embeddings": 256,
}  # fmt: skip


# bytes a token at 16 bits, from the papers, repositories and libraries that each entry names
PUBLISHED_BYTES = {
    "DeepSeek-V2": 69_120, "DeepSeek-V2-Lite": 31_104, "DeepSeek-V3 / R1": 70_272,
    "DeepSeek-V3.2-Exp": 70_272 + 2 * 128 * 61, "Kimi K2": 70_272, "GLM-5": 89_856 + 2 * 128 * 78,
    "GLM-4.7-Flash": 54_144, "Mistral Small 4": 23_040, "Mistral Large 4": 82_944 + 2 * 128 * 72 - 2 * 64 * 18,
    "Youtu-LLM-2B": 36_864, "GPT-2 small": 36_864, "GPT-2 medium": 98_304, "GPT-2 large": 184_320,
    "GPT-2 XL": 307_200, "GPT-3 175B": 4_718_592, "Llama 2 7B": 524_288, "Llama 2 70B": 327_680,
    "Llama 3 8B": 131_072, "Llama 3 70B": 327_680, "Llama 3.1 8B": 131_072,
    "Llama 3.1 70B": 327_680, "Llama 3.1 405B": 516_096, "Qwen2.5 72B": 327_680,
    "Qwen3 8B": 147_456, "Qwen3 32B": 262_144, "Qwen3 30B-A3B": 98_304,
    "Qwen3 235B-A22B": 192_512, "Mistral 7B v0.1": 131_072, "Mixtral 8x7B": 131_072,
    "Mistral Large 2407": 360_448, "Gemma 2B": 18_432, "Gemma 7B": 458_752,
    "Gemma 3 27B": 507_904, "Falcon 7B": 8_192, "Falcon 40B": 122_880, "Falcon 180B": 163_840,
    "PaLM 540B": 120_832, "gpt-oss-120b": 73_728, "DeepSeek LLM 7B": 491_520,
    "DeepSeek LLM 67B": 389_120,
}  # fmt: skip
AGAINST_MHA = {
    "DeepSeek-V2": 56.9, "DeepSeek-V2-Lite": 7.1, "DeepSeek-V3 / R1": 56.9, "Kimi K2": 28.4,
    "GLM-4.7-Flash": 17.8, "Mistral Small 4": 25.6, "Youtu-LLM-2B": 7.1,
}  # fmt: skip
# entries whose figures are the defaults of a class of transformers
DEFAULTS = {
    "DeepSeek-V3 / R1": "deepseek_v3", "DeepSeek-V3.2-Exp": "deepseek_v32",
    "GLM-5": "glm_moe_dsa", "GLM-4.7-Flash": "glm4_moe_lite",
    "Mistral Small 4": "mistral4", "Mistral Large 4": "mistral_large4", "MiniCPM3-4B": "minicpm3",
    "Youtu-LLM-2B": "youtu", "LongCat-Flash": "longcat_flash",
    "gpt-oss-120b": "gpt_oss", "Gemma 7B": "gemma", "GPT-2 small": "gpt2",
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED_BYTES)
def test_bytes_a_token_are_the_published_ones(name):
    assert PUBLISHED[name].row(BF16).value() == PUBLISHED_BYTES[name]


@pytest.mark.parametrize("name", AGAINST_MHA)
def test_ratios_to_mha_are_the_published_ones(name):
    model = PUBLISHED[name]
    ratio = without_latent(model, "MHA").row(BF16).value() / model.row(BF16).value()
    assert round(ratio, 1) == AGAINST_MHA[name]


# how their published files lay the layers out; every other figure equals the class's default
LAID_OUT = {
    "DeepSeek-V4-Flash": {
        "model_type": "deepseek_v4", "compress_ratios": [0, 0] + [4, 128] * 20 + [4, 0],
    },
    "Kimi Linear": {
        "model_type": "kimi_linear", "linear_attn_config": {
            "full_attn_layers": [4, 8, 12, 16, 20, 24, 27],
            "kda_layers": [layer for layer in range(1, 27) if layer % 4],
        },
    },
    "Mistral 7B v0.1": {"model_type": "mistral", "max_position_embeddings": 32_768},
}  # fmt: skip


@pytest.mark.parametrize("name", LAID_OUT)
def test_entries_equal_their_published_files(name):
    read = from_config(LAID_OUT[name]).architecture
    assert sorted(read.layers, key=str) == sorted(PUBLISHED[name].layers, key=str)
    assert read.context == PUBLISHED[name].context


def test_figures_of_a_class_are_marked_as_such():
    """An entry whose source is a class alone says for which figures; one with a file does not."""
    for model in PUBLISHED.values():
        by_class = "defaults of its configuration class" in model.source
        assert not by_class or model.defaults, model.name
    published = ("DeepSeek-V4-Flash", "GLM-4.7-Flash", "Kimi K2", "Mistral 7B v0.1", "Llama 3 8B")
    assert not any(PUBLISHED[name].defaults for name in published)


@pytest.mark.parametrize("name", DEFAULTS)
def test_entries_equal_the_classes_of_transformers(name):
    raw = CONFIG_MAPPING[DEFAULTS[name]]().to_dict()
    read = from_config(raw).architecture
    assert sorted(read.layers, key=str) == sorted(PUBLISHED[name].layers, key=str)
    tokens = np.array([1, 100, 5_000, 100_000])
    assert np.array_equal(
        read.cache(BF16).value(t=tokens), PUBLISHED[name].cache(BF16).value(t=tokens)
    )


def test_every_entry_is_whole_and_grows():
    assert len(PUBLISHED) >= 30
    lengths = np.array([1, 10, 1_000, 100_000, 1_000_000])
    for model in PUBLISHED.values():
        assert model.source
        for storage in STORAGES.values():
            grown = model.cache(storage).value(t=lengths)
            assert (np.diff(grown) >= 0).all() and grown[0] > 0
            assert (model.read(storage).value(t=lengths) <= grown + 1e-9).all()
        assert (np.diff(model.flops().value(t=lengths)) >= 0).all()


def test_windows_stop_growing():
    model = PUBLISHED["Mistral 7B v0.1"]
    assert model.cache(BF16).value(t=4_095) == model.cache(BF16).value(t=1_000_000)
    gemma = PUBLISHED["Gemma 3 27B"]
    step = gemma.cache(BF16).value(t=100_001) - gemma.cache(BF16).value(t=100_000)
    assert step == 10 * 2 * 16 * 128 * 2  # only the ten global layers


def test_fp8_with_scales_is_flashmlas_row():
    assert PUBLISHED["DeepSeek-V3 / R1"].row(STORAGES["float8 with scales"]).value() == 656 * 61


def test_sparse_attention_keeps_everything_and_reads_a_part():
    sparse, dense = PUBLISHED["DeepSeek-V3.2-Exp"], PUBLISHED["DeepSeek-V3 / R1"]
    assert sparse.cache(BF16).value(t=100_000) > dense.cache(BF16).value(t=100_000)
    assert sparse.read(BF16).value(t=100_000) == 61 * 2 * (2048 * 576 + 100_000 * 128)
    assert sparse.flops().value(t=100_000) < dense.flops().value(t=100_000) / 5


@pytest.mark.parametrize(
    "pasted, told",
    [
        ("", "not JSON"),
        ("{", "line 1"),
        ("[" * 150_000, "not JSON"),
        ("[1]", "begins with a brace"),
        ("{}", "model_type"),
        ('{"model_type": 3}', "model_type"),
        ('{"model_type": "nobody"}', "num_hidden_layers"),
        ('{"model_type": "llama", "num_hidden_layers": 0}', "num_hidden_layers is 0"),
        ('{"model_type": "llama", "num_hidden_layers": "thirty"}', "num_hidden_layers"),
        ('{"model_type": "llama", "num_hidden_layers": true}', "num_hidden_layers"),
        ('{"model_type": "llama", "num_hidden_layers": 3.5}', "num_hidden_layers"),
        ('{"model_type": "llama", "num_attention_heads": 1000000000000}', "num_attention_heads"),
        ('{"model_type": "gpt2", "n_head": -12}', "n_head"),
        ('{"model_type": "llama", "sliding_window": 0}', "sliding_window is 0"),
        ('{"model_type": "gpt2", "n_head": 769}', "head_dim is missing"),
        ('{"model_type": "gemma3", "text_config": {"head_dim": 0}}', "head_dim"),
        (json.dumps(TINY | {"model_type": "llama", "num_key_value_heads": 3}),
         "num_key_value_heads is 3"),
        (json.dumps(TINY | {"model_type": "nobody", "layer_types": ["x"] * 4}),
         "layer_types"),
        (json.dumps(TINY | {"model_type": "llama", "layer_types": ["x"] * 4}),
         "layer_types"),
        ('{"model_type": "t5"}', "encoder"),
        ('{"model_type": "mamba"}', "model_type mamba"),
        ('{"model_type": "clip"}', "clip"),
        ('{"model_type": "bert"}', "bert looks both ways"),
        ('{"model_type": "gemma3", "text_config": 1}', "text_config must"),
        ('{"a": NaN, "model_type": "llama", "kv_lora_rank": -1}', "kv_lora_rank"),
        (" " * 20_000_001, "at most"),
    ],
)  # fmt: skip
def test_bad_configurations_get_a_sentence(pasted, told):
    with pytest.raises(ConfigError, match=told):
        from_config(pasted)


def test_what_a_file_leaves_out_is_said():
    """The slip of the video's notes: 30 layers and 32 heads of a class, taken for DeepSeek-V2's."""
    read = from_config({"model_type": "deepseek_v2", "num_attention_heads": 128})
    assert any("num_hidden_layers is not in the file" in note for note in read.notes)
    assert not any("num_attention_heads is not" in note for note in read.notes)
    whole = from_config(TINY | {"model_type": "llama"})
    assert whole.notes == ()


def test_head_dim_need_not_be_hidden_over_heads():
    raw = TINY | {"model_type": "qwen3", "head_dim": 128}
    assert from_config(raw).architecture.layers == ((4, Heads(4, 2, 128)),)


COUNTED = {
    "DeepSeek-V3 / R1": (671, 37.6), "GLM-5": (744, 41.8), "GLM-4.7-Flash": (29.9, 3.9),
    "Mistral Small 4": (119, 6.63), "Mistral Large 4": (1049, 51.8), "MiniCPM3-4B": (4.07, 4.07),
    "Youtu-LLM-2B": (1.96, 1.96), "Kimi Linear": (49.1, 3.5), "gpt-oss-120b": (117, 5.71),
    "Gemma 7B": (8.54, 8.54), "Mixtral 8x7B": (46.7, 12.9), "DeepSeek-V4-Flash": (284, 13.8),
    "GPT-2 small": (0.124, 0.124),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_parameters_are_those_of_the_model_that_transformers_builds(name):
    """On the meta device: no memory. What the makers themselves name is rounded, or leaves a part out."""
    others = {
        "Mixtral 8x7B": "mixtral",
        "DeepSeek-V4-Flash": "deepseek_v4",
        "Kimi Linear": "kimi_linear",
    }
    config = CONFIG_MAPPING[(DEFAULTS | others)[name]]()
    own = {
        "Mistral Small 4": transformers.Mistral4ForCausalLM,
        "Mistral Large 4": transformers.MistralLarge4TextModel,
    }
    config = config.get_text_config()
    with torch.device("meta"):
        model = own[name](config) if name in own else AutoModelForCausalLM.from_config(config)
    sizes = {key: value.numel() for key, value in model.named_parameters()}
    total = sum(sizes.values())
    experts = sum(size for key, size in sizes.items() if ".experts." in key)
    all_of_them, used = PUBLISHED[name].experts or (1, 1)
    active = total - experts * (1 - used / all_of_them)
    assert (total / 1e9, active / 1e9) == pytest.approx(COUNTED[name], rel=5e-3)
    published = (PUBLISHED[name].parameters / 1e9, PUBLISHED[name].active / 1e9)
    assert published == pytest.approx(COUNTED[name], rel=0.06)  # 37 B, 13 B: as their papers say


@pytest.mark.parametrize("name", EMBEDDED)
def test_our_own_models_are_counted_alike(name):
    """Two ways to the same bytes: the configuration of a live model, and that of a published one."""
    read = from_config(locate(name) / "config.json")
    assert read.notes == ()
    assert read.architecture.row(BF16).value() == kv_bytes_per_token(load_model(name).config)


def test_what_is_read_is_all_that_is_kept_until_an_indexer_chooses():
    for model in PUBLISHED.values():
        for storage in STORAGES.values():
            for t in (1, 100, 2_000):
                assert model.read(storage).value(t=t) == model.cache(storage).value(t=t)


def test_kinds_that_transformers_does_not_know_are_read_by_their_names():
    raw = {
        "model_type": "kimi_k2", "num_hidden_layers": 61, "num_attention_heads": 64,
        "kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
        "num_key_value_heads": 64, "max_position_embeddings": 262_144,
    }  # fmt: skip
    read = from_config(raw)
    assert read.architecture.layers == PUBLISHED["Kimi K2"].layers
    assert any("does not know" in note for note in read.notes)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**13), st.floats(), st.text(max_size=5),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
FIELDS = (
    "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "hidden_size",
    "sliding_window", "layer_types", "kv_lora_rank", "v_head_dim", "qk_rope_head_dim",
    "qk_nope_head_dim", "index_head_dim", "index_topk", "indexer_types", "compress_rates",
    "linear_head_dim", "linear_num_heads", "linear_conv_kernel_dim", "text_config",
    "rope_scaling", "multi_query", "num_kv_heads", "n_head", "n_layer", "use_sliding_window",
    "max_window_layers", "attention_chunk_size", "max_position_embeddings",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((*sorted(COMPARED), "gemma3", "nobody")),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
)
def test_anything_pasted_is_counted_or_gets_a_sentence(model_type, fields):
    try:
        read = from_config(json.dumps({"model_type": model_type} | fields))
    except ConfigError as error:
        assert len(str(error)) <= 300
    else:
        assert read.architecture.cache(BF16).value(t=10) > 0


def test_a_formula_is_what_it_computes():
    formula = Formula("2 * heads * head_dim * layers", {"heads": 128, "head_dim": 128})
    assert formula.value(layers=61) == 1_998_848
    assert formula.named() == "2 · heads · head_dim · layers"
    assert formula.filled(layers=61) == "2 · 128 · 128 · 61"
    assert formula.names() == ["heads", "head_dim", "layers"]
    assert Formula("min(t, 3) // 2").value(t=np.array([1, 9])).tolist() == [0, 1]


@pytest.mark.parametrize(
    "bad", ["__import__('os')", "a.b", "1 / 0", "x", "9 ** 9 ** 9 ** 9", "'a'"]
)
def test_a_formula_is_arithmetic_and_nothing_else(bad):
    with pytest.raises(FormulaError):
        Formula(bad).value()
