"""`config.json` of a GPT-2, in DeepSeek's words; free of torch."""

from typing import Any

from mla_core.models.config import FILE, CheckpointError, ModelConfig, activation, positive_int


def parse(raw: dict[str, Any]) -> ModelConfig:
    """The configuration that transformers' `GPT2Config` would make of it.

    Raises:
        KeyError, TypeError, ValueError: a field is missing, wrong, or (CheckpointError) asks for a
            part that is not built here.
    """
    for flag in ("add_cross_attention", "scale_attn_by_inverse_layer_idx"):
        if raw.get(flag):
            raise CheckpointError.of("flag_not_built", path=FILE, flag=flag)
    if not raw.get("scale_attn_weights", True):
        raise CheckpointError.of("unscaled", path=FILE)
    d, heads = positive_int(raw, "n_embd"), positive_int(raw, "n_head")
    if d % heads:
        raise CheckpointError.of("uneven_heads", path=FILE, width=d, heads=heads)
    return ModelConfig(
        model_type="gpt2",
        vocab_size=positive_int(raw, "vocab_size"),
        hidden_size=d,
        intermediate_size=positive_int(raw, "n_inner", 4 * d),
        num_hidden_layers=positive_int(raw, "n_layer"),
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=positive_int(raw, "n_positions", 1024),
        head_dim=d // heads,
        norm_eps=raw.get("layer_norm_epsilon", 1e-5),
        hidden_act=activation(raw, "activation_function", ("gelu_new", "gelu")),
        tie_word_embeddings=raw.get("tie_word_embeddings", True),
        attention_bias=True,
        mlp_bias=True,
        bos_token_id=raw.get("bos_token_id", 50256),
    )
