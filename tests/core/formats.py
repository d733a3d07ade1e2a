"""A grid of small configurations of each format that `load_model` opens."""

from collections.abc import Callable
from typing import Any

from transformers import (
    DeepseekV2Config,
    DeepseekV2ForCausalLM,
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

VOCABULARY = 320  # the test tokenizer has fewer
CONTEXT = 320


def gpt2(**more: Any) -> Any:
    base: dict[str, Any] = dict(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=48, n_layer=3, n_head=4,
        attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(GPT2Config(**base | more))


_SHARED: dict[str, Any] = dict(
    vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, hidden_size=48, intermediate_size=80,
    num_hidden_layers=3, num_attention_heads=4, bos_token_id=0, eos_token_id=0,
)  # fmt: skip
_MLA: dict[str, Any] = _SHARED | dict(
    num_key_value_heads=4, kv_lora_rank=20, q_lora_rank=None, qk_nope_head_dim=12,
    qk_rope_head_dim=8, v_head_dim=16, first_k_dense_replace=3, num_mtp_layers=0,
)  # fmt: skip


def llama(**more: Any) -> Any:
    return LlamaForCausalLM(LlamaConfig(**_SHARED | more))


def deepseek_v2(**more: Any) -> Any:
    config = {name: value for name, value in _MLA.items() if name != "num_mtp_layers"}
    return DeepseekV2ForCausalLM(DeepseekV2Config(**config | more))


def deepseek_v3(**more: Any) -> Any:
    return DeepseekV3ForCausalLM(DeepseekV3Config(**_MLA | more))


YARN = dict(
    rope_type="yarn", rope_theta=10_000.0, factor=8.0, original_max_position_embeddings=40,
    beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=0.7,
)  # fmt: skip
LLAMA3 = dict(
    rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=64,
)  # fmt: skip

GRID: dict[str, Callable[[], Any]] = {
    "gpt2": gpt2,
    "gpt2-untied-gelu": lambda: gpt2(
        tie_word_embeddings=False, activation_function="gelu", n_inner=56
    ),
    "llama-mha": lambda: llama(num_key_value_heads=4, tie_word_embeddings=True),
    "llama-gqa-bias": lambda: llama(num_key_value_heads=2, attention_bias=True, mlp_bias=True),
    "llama-mqa": lambda: llama(num_key_value_heads=1, head_dim=10),
    "llama-llama3-rope": lambda: llama(num_key_value_heads=2, rope_parameters=LLAMA3),
    "llama-linear-rope": lambda: llama(
        rope_parameters=dict(rope_type="linear", rope_theta=1e4, factor=4.0)
    ),
    "v2": deepseek_v2,
    "v2-q-latent-bias": lambda: deepseek_v2(q_lora_rank=24, attention_bias=True, mlp_bias=True),
    "v2-yarn": lambda: deepseek_v2(rope_parameters=YARN),
    "v3": deepseek_v3,
    "v3-tied-q-latent": lambda: deepseek_v3(q_lora_rank=24, tie_word_embeddings=True),
    "v3-half-split": lambda: deepseek_v3(rope_interleave=False, attention_bias=True),
    "v3-yarn": lambda: deepseek_v3(rope_parameters=YARN, q_lora_rank=24),
    "v3-yarn-plain": lambda: deepseek_v3(
        rope_parameters={k: v for k, v in YARN.items() if not k.startswith("mscale")}
    ),
}
