"""A large model's checkpoint at a thousandth of the size, as the pages and the engine meet it."""

import json
import shutil
from pathlib import Path

import torch
from transformers import AutoConfig, MiniCPM3ForCausalLM, YoutuForCausalLM

from mla_core.models.families import read_config
from mla_core.models.locate import locate

SIZES = dict(
    hidden_size=64, intermediate_size=96, num_hidden_layers=4, num_attention_heads=4,
    num_key_value_heads=4, q_lora_rank=24, kv_lora_rank=32, qk_rope_head_dim=8,
    qk_nope_head_dim=16, v_head_dim=16, max_position_embeddings=256, bos_token_id=0,
    eos_token_id=0, pad_token_id=None,
)  # fmt: skip
TEMPLATE = (
    "{% for m in messages %}<|endoftext|>{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def make(directory: Path, kind: str = "youtu", *, chat: bool = True) -> Path:
    """Random weights, the built-in models' tokenizer, and a chat template."""
    torch.manual_seed(0)
    small = locate("mini-mla")
    more = {"scale_depth": 1.4, "dim_model_base": 32} if kind == "minicpm3" else {}
    body = {"youtu": YoutuForCausalLM, "minicpm3": MiniCPM3ForCausalLM}[kind]
    vocabulary = read_config(small).vocab_size
    model = body(AutoConfig.for_model(kind, vocab_size=vocabulary, **SIZES, **more)).eval()
    for name, parameter in model.named_parameters():
        if "norm" not in name:
            parameter.data.normal_(std=0.15)
    model.save_pretrained(directory)
    shutil.copy(small / "tokenizer.json", directory / "tokenizer.json")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast"} | (
        {"chat_template": TEMPLATE} if chat else {}
    )
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    return directory
