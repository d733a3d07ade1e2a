"""Large MLA models: transformers' body with our attention, against transformers as it is."""

import json
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig

from mla_core import Decoder, load_model, trace
from mla_core.attention.rope import score_scale
from mla_core.bench import machine
from mla_core.bench.large import bench_large
from mla_core.models import devices
from mla_core.models.config import CheckpointError
from mla_core.models.families import family_of
from mla_core.models.transformers_classes import TRANSFORMERS_CLASSES
from mla_core.models.transformers_model import TransformersModel
from tests.core.formats import CONTEXT, VOCABULARY, YARN

SHARED = dict(
    vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=3,
    num_attention_heads=4, num_key_value_heads=4, q_lora_rank=24, kv_lora_rank=32,
    qk_rope_head_dim=8, qk_nope_head_dim=16, v_head_dim=12, max_position_embeddings=CONTEXT,
    bos_token_id=0, eos_token_id=1, pad_token_id=None,
)  # fmt: skip
EXPERTS = dict(
    n_routed_experts=8, num_experts_per_tok=2, n_shared_experts=1, moe_intermediate_size=32,
    first_k_dense_replace=1, n_group=1, topk_group=1,
)  # fmt: skip
LLAMA4 = YARN | {"llama_4_scaling_beta": 0.1}
LONG = dict(
    rope_type="longrope", rope_theta=10_000.0, original_max_position_embeddings=64,
    short_factor=[1.0, 1.1, 1.2, 1.3], long_factor=[2.0, 3.0, 4.0, 5.0],
)  # fmt: skip
FORMATS = {
    "minicpm3": {"scale_depth": 1.4, "dim_model_base": 32},
    "minicpm3, longrope": {"rope_parameters": LONG},
    "youtu": {},
    "youtu, plain queries": {"q_lora_rank": None},
    "deepseek_v2": EXPERTS,
    "deepseek_v2, yarn": EXPERTS | {"rope_parameters": YARN, "q_lora_rank": None},
    "deepseek_v3": EXPERTS | {"num_mtp_layers": 0, "n_group": 2, "topk_group": 1},
    "deepseek_v3, yarn, halves": EXPERTS
    | {"num_mtp_layers": 0, "rope_parameters": YARN, "rope_interleave": False},
    "glm4_moe_lite": EXPERTS,
    "mistral4": EXPERTS | {"rope_parameters": LLAMA4},
}
TOKENS = 38  # below where YARN's and Mistral's own rules for long texts begin


@pytest.fixture
def saved(save_checkpoint):
    """saved(format) -> (a directory with random weights, the same model as transformers has it)."""

    def save(name: str, **more):
        kind = name.split(",")[0]
        config = AutoConfig.for_model(kind, **(SHARED | FORMATS[name] | more))
        return save_checkpoint(getattr(transformers, TRANSFORMERS_CLASSES[kind])(config))

    return save


@pytest.mark.parametrize("name", FORMATS)
def test_it_equals_transformers_at_once_and_token_by_token(name, saved):
    """Prefill, 32 cached steps on both paths, logits within 1e-4; and the patterns."""
    directory, theirs = saved(name)
    model = load_model(directory, device="cpu")
    assert isinstance(model, TransformersModel)
    ids = torch.randint(2, VOCABULARY, (2, TOKENS), generator=torch.Generator().manual_seed(1))
    theirs.set_attn_implementation("eager")
    with torch.inference_mode():
        out = theirs(ids, output_attentions=True)
        assert torch.allclose(model(ids), out.logits, atol=1e-4)
        _, arrays = model.record(ids[:1], ["pattern"])
        for ours, attention in zip(arrays["pattern"], out.attentions, strict=True):
            assert torch.allclose(ours, attention[0], atol=1e-5)
        for mode in model.modes:
            cache = model.new_cache()
            logits = [model(ids[:, :6], cache=cache)]
            for i in range(6, TOKENS):
                logits.append(model(ids[:, i : i + 1], cache=cache, mode=mode))
            assert torch.allclose(torch.cat(logits, dim=1), out.logits, atol=1e-4), mode
            assert cache.nbytes == 2 * TOKENS * 3 * (32 + 8) * 4  # the latents and nothing else


@pytest.mark.parametrize(
    "name", ["minicpm3", "youtu", "deepseek_v2", "deepseek_v3", "glm4_moe_lite"]
)
def test_greedy_tokens_are_transformers(name, saved):
    directory, theirs = saved(name)
    decoder = Decoder(load_model(directory, device="cpu"))
    decoder.prefill_ids([0, 5, 9, 31])
    told = theirs.generate(
        torch.tensor([[0, 5, 9, 31]]), max_new_tokens=24, do_sample=False, eos_token_id=None,
        use_cache=True,
    )  # fmt: skip
    assert [decoder.step().token_id for _ in range(24)] == told[0, 4:].tolist()


@pytest.mark.parametrize("name", TRANSFORMERS_CLASSES)
def test_a_trace_holds_all_that_a_small_models_holds(name, saved):
    """Shapes, the sum of the residual stream, and that the sublayers give what was recorded."""
    directory, _ = saved(name)
    model = load_model(directory, device="cpu")
    found = trace(model, "The American flag is red")
    length = len(found.token_ids)
    assert found.pattern.shape == (3, 4, length, length)
    assert found.c_kv.shape == (3, length, 32) and found.k_rope.shape == (3, length, 8)
    assert found.config.attention == "MLA" and found.config.cached_values == 3 * 40
    ids = torch.tensor([list(found.token_ids)])
    _, arrays = model.record(ids, ["residual", "x", "embedding"])
    assert torch.equal(arrays["residual"][0], arrays["embedding"][0])
    norm, attention = model.sublayer(1)
    assert torch.allclose(norm(arrays["residual"][1]), arrays["x"][1], atol=1e-6)
    assert attention.scale >= score_scale(24, None) - 1e-6
    assert model.output_projection(2).weight.shape == (64, 4 * 12)


def test_weights_are_shared_not_copied(saved):
    directory, _ = saved("youtu")
    model = load_model(directory, device="cpu")
    _, attention = model.sublayer(0)
    assert (
        attention.kv_b_proj.weight
        is dict(model.named_parameters())[
            "body.model.layers.0.self_attn.attention.kv_b_proj.weight"
        ]
    )
    assert not any(p.is_meta for p in model.parameters())


def test_positions_end_where_rules_for_long_texts_begin(saved):
    assert load_model(saved("mistral4")[0], device="cpu").config.max_position_embeddings == 40


def test_long_ropes_end_where_their_second_table_begins(saved):
    config = load_model(saved("minicpm3, longrope")[0], device="cpu").config
    assert config.max_position_embeddings == 64


def change(directory: Path, **fields) -> Path:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    return directory


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"quantization_config": {"quant_method": "fp8"}}, "quantization_config is set"),
        ({"model_type": "mamba"}, "the architecture 'mamba' is not known here"),
        ({"model_type": "kimi_k9", "auto_map": {"AutoModel": "x.Y"}}, r"\(auto_map\) is never run"),
        ({"num_hidden_layers": 4}, "lacks 1[0-9] tensors, the first is model.layers.3"),
        ({"kv_lora_rank": 16}, "has shape"),
        ({"hidden_size": "wide"}, "Field 'hidden_size' expected int"),
        ({"vocab_size": 10}, "only 10"),
        ({"hidden_act": "none"}, "cannot be built by transformers"),
    ],
)
def test_what_cannot_be_opened_gets_a_sentence(fields, sentence, saved):
    directory = change(saved("youtu")[0], **fields)
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load_model(directory, device="cpu")
    assert "\n" not in str(caught.value)


def test_float8_weights_are_refused_without_the_field_too(saved):
    """transformers would read them as numbers, without their scales."""
    directory = saved("youtu")[0]
    path = next(directory.glob("*.safetensors"))
    weights = load_file(path)
    name = next(name for name in weights if name.endswith("o_proj.weight"))
    save_file(weights | {name: weights[name].to(torch.float8_e4m3fn)}, path)
    with pytest.raises(CheckpointError, match=f"{name} holds F8_E4M3.*no quantization_config"):
        load_model(directory, device="cpu")


def test_code_that_a_model_brings_along_is_not_run(saved):
    directory = change(saved("youtu")[0], auto_map={"AutoModelForCausalLM": "evil.Model"})
    (directory / "evil.py").write_text("raise SystemExit('it was run')")
    assert isinstance(load_model(directory, device="cpu"), TransformersModel)


def test_a_shard_that_is_missing_or_cut_short_is_named(saved):
    directory, theirs = saved("youtu")
    (directory / "model.safetensors").unlink()
    theirs.save_pretrained(directory, max_shard_size="100KB")
    shards = sorted(directory.glob("model-*.safetensors"))
    assert len(shards) > 2 and load_model(directory, device="cpu")
    whole = shards[1].read_bytes()
    shards[1].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=f"{shards[1].name} is damaged or cut short"):
        load_model(directory, device="cpu")
    shards[1].unlink()
    with pytest.raises(CheckpointError, match=f"{shards[1].name} does not exist"):
        load_model(directory, device="cpu")


def test_weights_that_do_not_fit_are_not_begun(saved, monkeypatch):
    directory, _ = saved("youtu")
    monkeypatch.setattr(devices, "free_and_total", lambda _: (100_000, 200_000))
    monkeypatch.setattr(transformers.YoutuForCausalLM, "from_pretrained", None)
    with pytest.raises(
        CheckpointError, match=r"needs 0\.0 GB of memory in float32; 0\.0 GB are free"
    ):
        load_model(directory, device="cpu")


def test_numbers_that_are_none_are_refused(saved):
    directory, theirs = saved("youtu")
    theirs.lm_head.weight.data[0, 0] = float("nan")
    theirs.save_pretrained(directory)
    with pytest.raises(CheckpointError, match="holds NaN or infinite numbers"):
        load_model(directory, device="cpu")


@pytest.mark.parametrize("name", TRANSFORMERS_CLASSES)
def test_every_class_has_a_way_to_be_chosen(name):
    raw = {"model_type": name, "num_hidden_layers": 3, "first_k_dense_replace": 1}
    assert family_of(raw).model_class is TransformersModel


def test_a_model_in_half_precision_keeps_its_cache_in_it(saved):
    """And its answers are those of transformers within bfloat16's rounding.

    Without experts: where two are nearly as likely, rounding alone chooses another one.
    """
    directory, theirs = saved("youtu")
    model = load_model(directory, device="cpu", dtype=torch.bfloat16)
    ids = torch.randint(3, 90, (2, 9), generator=torch.Generator().manual_seed(1))
    cache = model.new_cache()
    with torch.inference_mode():
        logits = torch.cat(
            [model(ids[:, i : i + 1], cache=cache, mode="absorbed") for i in range(9)], 1
        )
        wanted = theirs.to(torch.bfloat16)(ids).logits
    config = model.config
    width = config.kv_lora_rank + config.qk_rope_head_dim
    assert cache.nbytes == 2 * 9 * width * config.num_hidden_layers * 2
    assert (logits - wanted).abs().max() < 0.05 * wanted.abs().max()


def test_the_bench_runs_both_on_the_same_weights(monkeypatch, tmp_path, capsys):
    """At a thousandth of the size: the same caches in bytes, the same first choices."""
    monkeypatch.setattr(machine, "SECONDS", 0.001)
    shape = {name: value for name, value in SHARED.items() if name != "pad_token_id"} | EXPERTS
    bench_large(tmp_path / "large.json", shape, ((1, 12), (3, 40)))
    rows = json.loads((tmp_path / "large.json").read_text())["rows"]
    timed = {(row["who"], row["batch"]): row for row in rows if "who" in row}
    assert len(timed) == 4 and all(row["seconds"] > 0 for row in timed.values())
    for batch, context in ((1, 12), (3, 40)):
        ours, theirs = timed["ours", batch], timed["transformers", batch]
        assert ours["nbytes"] == theirs["nbytes"] == batch * context * 3 * (32 + 8) * 4
    assert [row["share"] for row in rows if "agreement" in row] == [1.0, 1.0, 1.0]
    assert [row["seconds"] > 0 for row in rows if "page" in row] == [True]
    assert "| 3 x 40 | ours |" in capsys.readouterr().out


def test_the_bench_does_not_begin_what_the_memory_cannot_hold(monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "free_and_total", lambda _: (4 * 10**9, 8 * 10**9))
    with pytest.raises(CheckpointError, match=r"This model needs 69\.\d GB .* 4\.0 GB are free"):
        bench_large(tmp_path / "large.json")
