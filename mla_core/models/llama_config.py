"""`config.json` of a Llama or a dense DeepSeek, in DeepSeek's words; free of torch."""

from dataclasses import fields
from typing import Any

from mla_core.attention.rope_config import RopeConfig
from mla_core.models.config import FILE, CheckpointError, ModelConfig, activation, positive_int


def has_experts(raw: dict[str, Any]) -> bool:
    """Whether layers of a DeepSeek `config.json` are mixtures of experts."""
    first = raw.get("first_k_dense_replace", 0 if raw.get("model_type") == "deepseek_v2" else 3)
    layers = raw.get("num_hidden_layers")
    if type(first) is not int or type(layers) is not int:
        return False  # refused when it is read
    return raw.get("n_routed_experts", 1) is not None and first < layers


def parse(raw: dict[str, Any]) -> ModelConfig:
    """The configuration that transformers' class of that model_type would make of it.

    Raises:
        KeyError, TypeError, ValueError: a field is missing, wrong, or (CheckpointError) asks for a
            part that is not built here.
    """
    model_type, heads, d = (
        raw["model_type"],
        positive_int(raw, "num_attention_heads"),
        positive_int(raw, "hidden_size"),
    )
    layers = positive_int(raw, "num_hidden_layers")
    mla: dict[str, Any] = {}
    head_dim = positive_int(raw, "head_dim", d // heads)
    if model_type != "llama":
        no_query_latent = "q_lora_rank" in raw and raw["q_lora_rank"] is None
        mla = {
            "kv_lora_rank": positive_int(raw, "kv_lora_rank", 512),
            "q_lora_rank": None if no_query_latent else positive_int(raw, "q_lora_rank", 1536),
            "qk_nope_head_dim": positive_int(raw, "qk_nope_head_dim", 128),
            "qk_rope_head_dim": positive_int(raw, "qk_rope_head_dim", 64),
            "v_head_dim": positive_int(raw, "v_head_dim", 128),
            "rope_interleave": model_type == "deepseek_v2" or raw.get("rope_interleave", True),
        }
        head_dim = mla["qk_rope_head_dim"]
    kv_heads = positive_int(raw, "num_key_value_heads", heads)
    if heads % kv_heads:
        raise CheckpointError.of("uneven_groups", path=FILE, heads=heads, kv_heads=kv_heads)
    if head_dim % 2:
        raise CheckpointError.of("odd_rotation", path=FILE, head_dim=head_dim)
    context = positive_int(
        raw, "max_position_embeddings", 4096 if model_type == "deepseek_v3" else 2048
    )
    return ModelConfig(
        model_type=model_type,
        vocab_size=positive_int(raw, "vocab_size"),
        hidden_size=d,
        intermediate_size=positive_int(raw, "intermediate_size"),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=context,
        head_dim=head_dim,
        norm_eps=raw.get("rms_norm_eps", 1e-6),
        hidden_act=activation(raw, "hidden_act", ("silu",)),
        tie_word_embeddings=raw.get("tie_word_embeddings", False),
        attention_bias=raw.get("attention_bias", False),
        mlp_bias=raw.get("mlp_bias", False) and model_type != "deepseek_v3",
        bos_token_id=raw.get("bos_token_id", 0 if model_type == "deepseek_v3" else 1),
        rope=_rope(raw, context),
        **mla,
    )


def _rope(raw: dict[str, Any], context: int) -> RopeConfig:
    """`rope_parameters` (transformers 5) or `rope_scaling` + `rope_theta` (before)."""
    given = dict(raw.get("rope_scaling") or raw.get("rope_parameters") or {})
    given.setdefault("rope_theta", raw.get("rope_theta", 10_000.0))
    given.setdefault("rope_type", given.pop("type", "default"))
    if given["rope_type"] not in ("default", "linear", "llama3", "yarn"):
        raise CheckpointError.of("rope_type", path=FILE, rope_type=given["rope_type"])
    if given.get("partial_rotary_factor", 1.0) != 1.0:
        raise CheckpointError.of("partial_rotation", path=FILE)
    original = given.get("original_max_position_embeddings") or context
    given["original_max_position_embeddings"] = original
    if given["rope_type"] == "yarn" and given.get("factor") is None:
        given["factor"] = context / original
    for name, value in given.items():
        if type(value) is int and name != "original_max_position_embeddings":
            given[name] = float(value)  # JSON does not tell 32 from 32.0
    known = {field.name for field in fields(RopeConfig)}
    return RopeConfig(**{name: value for name, value in given.items() if name in known})
