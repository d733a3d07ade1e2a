"""Our models against transformers, an independent implementation, on the same weights."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from mla_core import load_model
from mla_core.models.config import CheckpointError
from tests.core import formats

TOLERANCE = 1e-4


@pytest.mark.parametrize("name", formats.GRID)
def test_logits_with_and_without_a_cache_equal_transformers(name, save_checkpoint):
    directory, hf = save_checkpoint(formats.GRID[name]())
    model = load_model(directory, device="cpu")
    generator = torch.Generator().manual_seed(1)
    for length in (1, 2, 17, 256):
        ids = torch.randint(0, formats.VOCABULARY, (1, length), generator=generator)
        with torch.inference_mode():
            expected = hf(ids).logits
            assert (model(ids) - expected).abs().max() < TOLERANCE
            for mode in ("naive", "absorbed"):
                cache = model.new_cache()
                first = length // 2
                parts = [model(ids[:, :first], cache=cache, mode=mode)] if first else []
                steps = range(first, length if length < 20 else first + 4)
                parts += [model(ids[:, i : i + 1], cache=cache, mode=mode) for i in steps]
                got = torch.cat(parts, dim=1)
                assert (got - expected[:, : got.shape[1]]).abs().max() < TOLERANCE


@pytest.mark.parametrize("name", formats.GRID)
def test_32_greedy_tokens_equal_transformers(name, save_checkpoint):
    directory, hf = save_checkpoint(formats.GRID[name]())
    model = load_model(directory, device="cpu")
    ids = torch.tensor([[5, 9, 2, 40, 7]])
    expected = hf.generate(
        ids,
        max_new_tokens=32,
        min_new_tokens=32,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )[0, 5:]
    cache, new, got = model.new_cache(), ids, []
    with torch.inference_mode():
        for _ in range(32):
            new = model(new, cache=cache, mode="absorbed")[:, -1:].argmax(-1)
            got.append(int(new))
    assert got == expected.tolist()


def test_sharded_files_open(save_checkpoint):
    directory, hf = save_checkpoint(formats.gpt2(), max_shard_size="60KB")
    assert (directory / "model.safetensors.index.json").exists()
    ids = torch.tensor([[1, 2, 3]])
    with torch.inference_mode():
        assert torch.allclose(load_model(directory, device="cpu")(ids), hf(ids).logits, atol=1e-5)


def test_gpt2_as_first_published_opens(save_checkpoint):
    """No `transformer.` prefix, and the causal masks stored as buffers."""
    directory, hf = save_checkpoint(formats.gpt2())
    path = directory / "model.safetensors"
    bare = {name.removeprefix("transformer."): x for name, x in load_file(path).items()}
    for layer in range(3):
        bare[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 8, 8)
        bare[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(bare, path)
    ids = torch.tensor([[1, 2, 3]])
    with torch.inference_mode():
        assert torch.allclose(load_model(directory, device="cpu")(ids), hf(ids).logits, atol=1e-5)


def test_half_precision_files_are_computed_in_the_asked_precision(save_checkpoint):
    directory, _ = save_checkpoint(formats.deepseek_v3().to(torch.float16))
    assert load_model(directory).dtype == torch.float32
    assert load_model(directory, dtype=torch.float64).dtype == torch.float64


def _edit_config(directory: Path, **changes: object) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_type": "mistral"}, "'mistral' is not known"),
        ({"first_k_dense_replace": 1}, "lacks 14 tensors, the first is model.layers.1.mlp.experts"),
        ({"hidden_act": "relu"}, "'relu' is not built"),
        ({"kv_lora_rank": 0}, "kv_lora_rank must be a positive"),
        ({"hidden_size": "48"}, "hidden_size must be a positive whole number, not '48'"),
        ({"rope_parameters": {"rope_type": "dynamic"}}, "'dynamic' is not built"),
        ({"qk_rope_head_dim": 7}, "must be even"),
        ({"vocab_size": 10}, "only 10"),
        ({"kv_lora_rank": 21}, "has shape"),
        ({"num_hidden_layers": 2, "first_k_dense_replace": 2, "hidden_size": 50}, "has shape"),
        ({"q_lora_rank": 4}, "lacks 9 tensors"),
    ],
)
def test_a_config_that_does_not_fit_gets_one_sentence(changes, said, save_checkpoint):
    directory, _ = save_checkpoint(formats.deepseek_v3())
    _edit_config(directory, **changes)
    with pytest.raises(CheckpointError, match=said) as caught:
        load_model(directory)
    assert str(directory) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("made", [formats.gpt2, formats.llama, formats.deepseek_v2])
@pytest.mark.parametrize("bos", [formats.VOCABULARY, 128_000, -1, 1.5, "<s>", [0, 1], True])
def test_a_start_token_outside_the_vocabulary_gets_one_sentence(made, bos, save_checkpoint):
    directory, _ = save_checkpoint(made())
    _edit_config(directory, bos_token_id=bos)
    with pytest.raises(CheckpointError, match=r"bos_token_id is .* a token of the voc") as caught:
        load_model(directory)
    assert "\n" not in str(caught.value)


def test_a_start_token_that_the_file_does_not_name_is_said_to_be_a_default(save_checkpoint):
    directory, _ = save_checkpoint(formats.gpt2())
    path = directory / "config.json"
    config = json.loads(path.read_text())
    del config["bos_token_id"]
    path.write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"bos_token_id is 50256: .*\(the default"):
        load_model(directory)
    _edit_config(directory, bos_token_id=None)
    assert load_model(directory).config.bos_token_id is None


@pytest.mark.parametrize("made", [formats.gpt2, formats.llama, formats.deepseek_v3])
@pytest.mark.parametrize(
    "field",
    [
        {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}},
        {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
        {"quantization_config": "fp8"},
        {"compression_config": {"format": "float-quantized"}},
    ],
)
def test_a_quantised_directory_is_refused_by_the_field(made, field, save_checkpoint):
    directory, _ = save_checkpoint(made())
    _edit_config(directory, **field)
    with pytest.raises(CheckpointError, match=f"{next(iter(field))} is set.*quantised"):
        load_model(directory)
    _edit_config(directory, **dict.fromkeys(field))  # null: nothing is quantised
    assert load_model(directory).config.num_hidden_layers == 3


@pytest.mark.parametrize("made", [formats.llama, formats.deepseek_v3])
@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2, torch.int8, torch.uint8])
def test_quantised_weights_are_refused_without_the_field_too(made, dtype, save_checkpoint):
    directory, _ = save_checkpoint(made())
    path = directory / "model.safetensors"
    weights = load_file(path)
    name = next(name for name in weights if name.endswith("o_proj.weight"))
    save_file(weights | {name: weights[name].to(dtype)}, path)
    with pytest.raises(CheckpointError, match=r"has no quantization_config") as caught:
        load_model(directory)
    assert name in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(missing, save_checkpoint):
    directory, _ = save_checkpoint(formats.gpt2())
    (directory / missing).unlink()
    with pytest.raises(CheckpointError, match=missing):
        load_model(directory)


@pytest.mark.parametrize("keep", [0, 4, 200, 20_000])
def test_a_truncated_file_is_named(keep, save_checkpoint):
    directory, _ = save_checkpoint(formats.gpt2())
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is damaged or cut short"):
        load_model(directory)


def test_pickles_are_not_opened(save_checkpoint):
    directory, _ = save_checkpoint(formats.gpt2())
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="pickled"):
        load_model(directory)


def test_an_index_cannot_lead_out_of_its_directory(save_checkpoint):
    directory, _ = save_checkpoint(formats.gpt2())
    (directory / "model.safetensors").unlink()
    index = {"weight_map": {"transformer.wte.weight": "../../secret.safetensors"}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="outside its directory"):
        load_model(directory)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model_type": "gpt2"}'])
def test_a_broken_config_gets_one_sentence(content, tmp_path):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_model(tmp_path)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(CheckpointError, match="mini-mla"):
        load_model("no-such-model")


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mha", "mini-gqa", "mini-mqa", "mini-mla"])
def test_embedded_models_open_in_stock_transformers(name):
    model = load_model(name, device="cpu")
    hf = AutoModelForCausalLM.from_pretrained(f"assets/models/{name}", dtype=torch.float32).eval()
    ids = torch.tensor([[0, *model.tokenizer.encode("The American flag is red, white, and")]])
    with torch.inference_mode():
        assert (model(ids) - hf(ids).logits).abs().max() < TOLERANCE
