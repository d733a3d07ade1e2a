"""A tiny random model of each kind that transformers has, and the bytes that its own cache keeps."""

import importlib
import inspect
import json

import torch
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

# whatever a class calls them; a size that it does not have is left out
SIZES = {
    "vocab_size": 64, "hidden_size": 32, "d_model": 32, "n_embd": 32,
    "intermediate_size": 48, "ffn_dim": 48, "ffn_hidden_size": 48, "intermediate_size_mlp": 48,
    "moe_intermediate_size": 16, "expert_ffn_hidden_size": 16, "shared_intermediate_size": 16,
    "shared_expert_intermediate_size": 16, "hidden_dim": 48,
    "num_hidden_layers": 4, "num_layers": 4, "n_layer": 4,
    "num_attention_heads": 4, "num_heads": 4, "n_head": 4, "num_key_value_heads": 2,
    "head_dim": 16, "global_head_dim": 24, "num_global_key_value_heads": 1,
    "max_position_embeddings": 256, "n_positions": 256, "n_ctx": 256,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "sliding_window": 8, "attention_chunk_size": 8, "max_window_layers": 2, "window_size": 8,
    "n_routed_experts": 4, "num_local_experts": 4, "num_experts": 4, "moe_num_experts": 4,
    "num_experts_per_tok": 2, "moe_topk": 2, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
    "first_k_dense_replace": 1,
    "kv_lora_rank": 24, "q_lora_rank": 20, "qk_rope_head_dim": 8, "qk_nope_head_dim": 12,
    "v_head_dim": 16, "index_head_dim": 16, "index_n_heads": 2, "index_topk": 4,
    "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8,
    "linear_value_head_dim": 12, "linear_head_dim": 8, "linear_num_heads": 4,
    "o_groups": 2, "o_lora_rank": 8, "hidden_size_per_layer_input": 8,
    "vocab_size_per_layer_input": 64, "num_kv_shared_layers": 1,
}  # fmt: skip
# three kinds of positions, as many frequencies as half a head has
SECTIONS = {
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}
}
WIDER = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 2, 4]}}
HALF_ROTARY = {
    "rope_parameters": {
        "rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 0],
        "partial_rotary_factor": 0.5,
    }
}  # fmt: skip
DENSE_FIRST = ["dense", "sparse", "sparse", "sparse"]
# what a kind needs beside its sizes, or in their place
OWN: dict[str, dict] = {
    "chameleon": {"vocabulary_map": {"<image>": 5}, "num_key_value_heads": 4, "vq_config": {
        "base_channels": 32, "channel_multiplier": [1], "num_res_blocks": 1, "latent_channels": 32,
        "embed_dim": 32, "num_embeddings": 8, "attn_type": "none"}},
    "codegen": {"rotary_dim": 4},
    "gptj": {"rotary_dim": 4},
    "cosmos3_edge_text": WIDER,
    "deepseek_ocr2_text": {"mlp_layer_types": DENSE_FIRST, "num_key_value_heads": 4},
    "deepseek_v2": {"topk_method": "greedy"},
    "deepseek_v4": {"num_key_value_heads": 1, "head_dim": 32, "layer_types": [
        "sliding_attention", "heavily_compressed_attention", "compressed_sparse_attention",
        "heavily_compressed_attention"],
        "compress_rates": {"compressed_sparse_attention": 4, "heavily_compressed_attention": 16}},
    "falcon": {"multi_query": True, "new_decoder_architecture": False},
    "gemma3n_text": {"num_hidden_layers": 10, "num_kv_shared_layers": 3, "intermediate_size": 48,
                     "activation_sparsity_pattern": [0.0] * 10, "laurel_rank": 8},
    "gemma4_text": {"num_hidden_layers": 12, "num_kv_shared_layers": 2, "attention_k_eq_v": True},
    "gemma4_unified_text": {"num_hidden_layers": 12},
    "glm4v_text": HALF_ROTARY, "glm4v_moe_text": HALF_ROTARY, "glm_ocr_text": HALF_ROTARY,
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "helium": {"head_dim": 8, "num_key_value_heads": 4},
    "kimi_linear": {"layer_types": ["linear_attention", "full_attention"] * 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2},
    "longcat_flash": {"num_layers": 2},
    "mistral4": {"head_dim": 20},
    "paddleocr_vl_text": WIDER,
    "phi4_multimodal": {
        "vision_config": {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1,
                          "num_attention_heads": 2},
        "audio_config": {"hidden_size": 32, "intermediate_size": 32, "num_blocks": 1,
                         "num_attention_heads": 2, "ext_pw_out_channel": 32, "nemo_conv_channels": 32},
    },
    "qwen2": {"use_sliding_window": True},
    "qwen2_vl_text": SECTIONS, "qwen2_5_vl_text": SECTIONS, "qwen2_5_omni_text": SECTIONS,
    "step3p5": {"sliding_window": 8},
    "zaya": {"num_experts_per_tok": 1},
}  # fmt: skip
LAYERS = (4, 5, 6, 7, 8, 12)


def tiny(model_type: str) -> dict:
    """A `config.json` of the kind, small, with each kind of layer that its class lays out."""
    try:
        whole = CONFIG_MAPPING[model_type]()
    except Exception:  # each class refuses its own default in its own way
        return {"model_type": model_type}
    text = whole.get_text_config(decoder=True)
    fields = sizes(text) | OWN.get(text.model_type, {})
    if "kv_lora_rank" in fields:  # each head has its own; keys turn as wide as their rope part
        fields |= {"num_key_value_heads": 4, "head_dim": 8} | OWN.get(text.model_type, {})
    everything = set(getattr(text, "layer_types", None) or [])
    count = next((name for name in ("num_hidden_layers", "num_layers") if name in fields), None)
    said = OWN.get(text.model_type, {}).keys() & {count, "layer_types"}
    if everything and count and not said:
        for layers in LAYERS:
            fields[count] = layers
            try:
                laid_out = set(type(text).from_dict(dict(fields)).layer_types)
            except Exception:  # of a kind that our reading refuses as well
                break
            if laid_out == everything:
                break
    fields["model_type"] = text.model_type
    return fields


def sizes(config: PreTrainedConfig) -> dict:
    """Its class's sizes made small."""
    known = {type(config).attribute_map.get(name, name) for name in SIZES}
    small = {type(config).attribute_map.get(name, name): SIZES[name] for name in SIZES}
    return {
        name: small[name] for name, value in config.to_dict().items()
        if name in known and type(value) in (int, type(None))
        and not (name == "sliding_window" and value is None)
    }  # fmt: skip


def built(fields: dict) -> PreTrainedModel:
    """The model that writes text, with random weights."""
    config = CONFIG_MAPPING[fields["model_type"]].from_dict(json.loads(json.dumps(fields)))
    torch.manual_seed(0)
    try:
        model = AutoModelForCausalLM.from_config(config)
    except ValueError:
        model = text_model_of(config)(config)
    return model.eval()


def text_model_of(config: PreTrainedConfig) -> type[PreTrainedModel]:
    """Of kinds that the Auto class does not list, since they are parts of larger ones."""
    module = importlib.import_module(
        type(config).__module__.replace(".configuration_", ".modeling_")
    )
    found = [
        value for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, PreTrainedModel) and value.config_class is type(config)
        and value.__name__.endswith(("ForCausalLM", "Model")) and "PreTrained" not in value.__name__
    ]  # fmt: skip
    return min(
        found, key=lambda value: (not value.__name__.endswith("ForCausalLM"), value.__name__)
    )


# what DeepSeek-V4 holds until enough tokens wait for compression: said to be left out (attention.py)
WAITING = ("buffer_kv", "buffer_gate", "overlap_kv", "overlap_gate")


def bytes_in(cache: object) -> int:
    """Of all numbers that a cache of transformers keeps, each tensor once."""
    seen: set[int] = set()
    total, waiting = 0, [cache]
    while waiting:
        one = waiting.pop()
        if isinstance(one, torch.Tensor):
            if one.is_floating_point() and one.data_ptr() not in seen and one.numel():
                seen.add(one.data_ptr())
                total += one.nbytes
        elif isinstance(one, dict):
            waiting += [value for name, value in one.items() if name not in WAITING]
        elif isinstance(one, list | tuple):
            waiting += one
        elif type(one).__module__.startswith("transformers") and not isinstance(
            one, PreTrainedConfig
        ):
            waiting += [value for name, value in vars(one).items() if name not in WAITING]
    return total


def kept_bytes(model: PreTrainedModel, additions: tuple[int, ...]) -> dict[int, int]:
    """Tokens so far -> bytes in its cache, as it is fed so many more."""
    cache, tokens, found = None, 0, {}
    for more in additions:
        ids = torch.randint(3, 60, (1, more))
        with torch.no_grad():
            cache = model(ids, past_key_values=cache, use_cache=True).past_key_values
        tokens += more
        found[tokens] = bytes_in(cache)
    return found
