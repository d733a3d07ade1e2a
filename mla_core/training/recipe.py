"""The five embedded models, further sizes of them, and the one recipe that trained them all.

The widths of the MLPs are chosen so that each model fits into 16 MiB of float16.
"""

from dataclasses import dataclass
from typing import Any

LAYERS, HEADS, WIDTH, CONTEXT = 8, 8, 256, 512


@dataclass(frozen=True)
class Recipe:
    """AdamW with warm-up and a straight way down to zero; the same for every model."""

    steps: int = 7_000
    rows: int = 128  # of CONTEXT tokens: 65,536 tokens a step
    learning_rate: float = 3e-3
    warmup: int = 200
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.1
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps <= self.warmup:
            raise ValueError(
                f"{self.steps} steps end within the warm-up of {self.warmup}: take more steps."
            )


def _llama(kv_heads: int) -> dict[str, Any]:
    return {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "num_key_value_heads": kv_heads,
        "head_dim": WIDTH // HEADS,
    }


# latent 64 + rope key 16 = 80 numbers a token and layer, where MHA keeps 512: 6.4 times smaller.
# n = v = 32 and r = n / 2 are DeepSeek's proportions (128, 128, 64).
_MLA: dict[str, Any] = {
    "model_type": "deepseek_v3",
    "architectures": ["DeepseekV3ForCausalLM"],
    "num_key_value_heads": HEADS,
    "q_lora_rank": None,
    "kv_lora_rank": 64,
    "qk_nope_head_dim": 32,
    "qk_rope_head_dim": 16,
    "v_head_dim": 32,
    "rope_interleave": True,
    "first_k_dense_replace": LAYERS,
    "num_nextn_predict_layers": 0,
}
_SHARED: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": 672,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "max_position_embeddings": CONTEXT,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
    "attention_bias": False,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
}
_GPT2: dict[str, Any] = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "n_embd": WIDTH,
    "n_layer": LAYERS,
    "n_head": HEADS,
    "n_inner": 960,
    "n_positions": CONTEXT,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "attn_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "resid_pdrop": 0.0,
}

CONFIGS: dict[str, dict[str, Any]] = {
    "mini-gpt2": _GPT2,
    "mini-mha": _SHARED | _llama(HEADS),
    "mini-gqa": _SHARED | _llama(2),
    "mini-mqa": _SHARED | _llama(1),
    "mini-mla": _SHARED | _MLA,
}

# not shipped: points between the embedded ones, for the runs of `python -m mla_core.training repeat`
FURTHER: dict[str, dict[str, Any]] = {
    "mini-gqa-4": _SHARED | _llama(4),
    "mini-mla-16": _SHARED | _MLA | {"kv_lora_rank": 16},
    "mini-mla-32": _SHARED | _MLA | {"kv_lora_rank": 32},
    "mini-mla-128": _SHARED | _MLA | {"kv_lora_rank": 128},
    # as many parameters as mini-mha: within 0.04 %
    "mini-mqa-wide": _SHARED | _llama(1) | {"intermediate_size": 821},
    "mini-mla-wide": _SHARED | _MLA | {"intermediate_size": 731},
}


def config_json(name: str, vocab_size: int) -> dict[str, Any]:
    """The `config.json` of one of these models."""
    shared = {"vocab_size": vocab_size, "tie_word_embeddings": True, "dtype": "float16"}
    return (
        (CONFIGS | FURTHER)[name]
        | shared
        | {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    )
