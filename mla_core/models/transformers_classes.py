"""Which models transformers builds the body of (see `transformers_model`); free of torch."""

from typing import Any

from mla_core.models.llama_config import has_experts

TRANSFORMERS_CLASSES = {
    "minicpm3": "MiniCPM3ForCausalLM",
    "youtu": "YoutuForCausalLM",
    "deepseek_v2": "DeepseekV2ForCausalLM",
    "deepseek_v3": "DeepseekV3ForCausalLM",
    "glm4_moe_lite": "Glm4MoeLiteForCausalLM",
    "mistral4": "Mistral4ForCausalLM",
}


def built_by_transformers(raw: dict[str, Any]) -> bool:
    """Whether it builds the body for a `config.json`; dense DeepSeeks are built here."""
    dense = raw["model_type"] in ("deepseek_v2", "deepseek_v3") and not has_experts(raw)
    return raw["model_type"] in TRANSFORMERS_CLASSES and not dense
