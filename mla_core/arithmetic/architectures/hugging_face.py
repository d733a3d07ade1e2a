"""Any Hugging Face `config.json` -> what its cache keeps, or a sentence that names the field.

Where a file leaves a field out, transformers fills in the default of the configuration's class,
and so does this, but it says so: with such a default 30 layers were once taken for 60.
"""

import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig
from transformers.cache_utils import get_layer_types_and_kwargs
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
)

from mla_core.arithmetic.architectures.architecture import Architecture, grouped
from mla_core.arithmetic.architectures.attention import Attention, Compressed, Heads, Latent, State
from mla_core.arithmetic.architectures.config_problem import ConfigError
from mla_core.arithmetic.architectures.reading import Read

MAX_CHARACTERS = 200_000
# sizes that are looked at, and the largest that anybody could mean
LIMITS = {
    "num_hidden_layers": 1_000,
    "num_attention_heads": 4_096,
    "num_key_value_heads": 4_096,
    "num_kv_heads": 4_096,
    "hidden_size": 1_000_000,
    "head_dim": 16_384,
    "kv_lora_rank": 16_384,
    "q_lora_rank": 65_536,
    "qk_rope_head_dim": 4_096,
    "qk_nope_head_dim": 16_384,
    "v_head_dim": 16_384,
    "index_head_dim": 16_384,
    "index_n_heads": 4_096,
    "index_topk": 10_000_000,
    "max_position_embeddings": 1_000_000_000,
    "sliding_window": 1_000_000_000,
    "attention_chunk_size": 1_000_000_000,
    "n_routed_experts": 100_000,
    "num_local_experts": 100_000,
    "linear_head_dim": 16_384,
    "linear_num_heads": 4_096,
    "linear_conv_kernel_dim": 1_024,
    "linear_num_key_heads": 4_096,
    "linear_num_value_heads": 4_096,
    "linear_key_head_dim": 16_384,
    "linear_value_head_dim": 16_384,
}
LISTS = ("layer_types", "indexer_types")
MAY_BE_ZERO = ("qk_rope_head_dim", "sliding_window")
OLD_NAMES = {
    "n_layer": "num_hidden_layers", "num_layers": "num_hidden_layers",
    "n_head": "num_attention_heads", "num_heads": "num_attention_heads",
    "n_embd": "hidden_size", "d_model": "hidden_size", "n_positions": "max_position_embeddings",
}  # fmt: skip
# their layers were compared with the cache that transformers fills (tests/core)
COMPARED = (
    "gpt2", "llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma", "gemma2",
    "gemma3_text", "gpt_oss", "falcon", "gpt_bigcode", "phi3", "olmo3", "cohere2",
    "deepseek_v2", "deepseek_v3", "deepseek_v32", "deepseek_v4", "glm_moe_dsa", "glm4_moe_lite",
    "mistral4", "youtu", "minicpm3", "longcat_flash", "kimi_linear", "qwen3_next", "llama4_text",
)  # fmt: skip


def from_config(source: str | Path | Mapping[str, Any], name: str = "your model") -> Read:
    """Reads a `config.json`: a path, its text, or what is in it.

    Raises:
        ConfigError: it is not JSON, lacks a field, or a field cannot be.
    """
    raw = _object(source)
    checked = _language_part(raw)
    for field, value in checked.items():
        _check(field, value)
    model_type = raw.get("model_type")
    config, notes = _opened(raw, checked)
    layers = _layers(config)
    if config.model_type not in COMPARED:
        notes.append(
            f"Layers of {config.model_type or model_type!r} were never compared with a running "
            "model here: check that they keep plain keys and values, or one latent."
        )
    context = getattr(config, "max_position_embeddings", None)
    return Read(
        Architecture(
            name=str(name), layers=grouped(layers), context=context, source="the pasted config.json",
            note=" ".join(notes),
        ),
        tuple(notes),
    )  # fmt: skip


def _object(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(source, Mapping):
        return dict(source)
    text = source
    if isinstance(source, Path):
        try:
            text = source.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError.of("unreadable", file=str(source), reason=str(error)) from None
    if len(str(text)) > MAX_CHARACTERS:
        raise ConfigError.of("too_long", most=MAX_CHARACTERS)
    try:
        raw = json.loads(str(text))
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            raise ConfigError.of("not_json_at", line=error.lineno) from None
        raise ConfigError.of("not_json") from None
    if not isinstance(raw, dict):
        raise ConfigError.of("no_object")
    return raw


def _language_part(raw: dict[str, Any]) -> dict[str, Any]:
    """Of a model with pictures or sound: what its text part says."""
    for part in ("text_config", "llm_config", "language_config"):
        if isinstance(raw.get(part), dict):
            return {**raw[part]}
        if raw.get(part) is not None:
            raise ConfigError.of("part_is_no_object", field=part)
    return raw


def _check(field: str, value: Any) -> None:
    words = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if field in LISTS and value is not None and not words:
        raise ConfigError.of("no_list", field=field)
    known = OLD_NAMES.get(field, field)
    if known not in LIMITS or value is None:
        return
    if type(value) is not int:
        raise ConfigError.of("no_whole_number", field=field, value=value)
    least = 0 if known in MAY_BE_ZERO else 1
    if not least <= value <= LIMITS[known]:
        raise ConfigError.of(
            "out_of_range", field=field, value=value, least=least, most=LIMITS[known]
        )


def _opened(raw: dict[str, Any], said: dict[str, Any]) -> tuple[PreTrainedConfig, list[str]]:
    """The configuration as transformers reads it, and notes on what it filled in."""
    model_type = raw.get("model_type")
    if not isinstance(model_type, str):
        raise ConfigError.of("no_model_type")
    if model_type not in CONFIG_MAPPING:
        return _unknown(model_type, said)
    quiet = logging.getLogger("transformers")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)  # its warnings are about running the model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old names in files, which it reads all the same
            whole = CONFIG_MAPPING[model_type].from_dict(dict(raw))
            config = whole.get_text_config(decoder=True)
    except Exception as error:  # each class checks in its own way, and raises what it likes
        reason = str(error).strip().splitlines()
        told = reason[-1].strip() if reason else type(error).__name__
        raise ConfigError.of("refused", model_type=model_type, reason=told) from None
    finally:
        quiet.setLevel(level)
    if whole.is_encoder_decoder:
        raise ConfigError.of("encoder", model_type=model_type)
    if not isinstance(config, PreTrainedConfig):
        raise ConfigError.of("no_text_part", model_type=model_type)
    writes = {*MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, *MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES}
    if not {model_type, config.model_type} & {*writes, *COMPARED} or (
        getattr(config, "is_decoder", None) is False
    ):
        raise ConfigError.of("no_decoder", model_type=model_type)
    aliases = {new: old for new, old in type(config).attribute_map.items()}
    notes = []
    for field in ("num_hidden_layers", "num_attention_heads", "num_key_value_heads", "kv_lora_rank",
                  "qk_rope_head_dim", "sliding_window", "max_position_embeddings"):  # fmt: skip
        names = {field, aliases.get(field, field)}
        value = _get(config, field)
        follows = field == "num_key_value_heads" and value == _get(config, "num_attention_heads")
        if value is not None and not follows and not names & said.keys():
            notes.append(
                f"{field} is not in the file: {value:,} is the default of transformers' class "
                f"for {config.model_type}."
            )
    return config, notes


def _unknown(model_type: str, said: dict[str, Any]) -> tuple[PreTrainedConfig, list[str]]:
    """A kind that transformers does not know: the usual names, and nothing filled in."""
    said = {OLD_NAMES.get(field, field): value for field, value in said.items()}
    needed = ["num_hidden_layers", "num_attention_heads"]
    needed += (
        ["qk_rope_head_dim", "v_head_dim"] if said.get("kv_lora_rank") else ["num_key_value_heads"]
    )
    if said.get("head_dim") is None and not said.get("kv_lora_rank"):
        needed.append("hidden_size")
    for field in needed:
        if said.get(field) is None:
            raise ConfigError.of("missing", field=field, model_type=model_type)
    for field in ("layer_types", "linear_attn_config", "ssm_cfg", "attn_layer_indices"):
        if said.get(field) is not None:
            raise ConfigError.of("unknown_layers", field=field, model_type=model_type)
    config = PreTrainedConfig(**{name: said[name] for name in LIMITS if name in said})
    config.model_type = model_type
    return config, [
        f"transformers does not know {model_type!r}: its fields are taken at their names."
    ]


def _get(config: PreTrainedConfig, field: str, default: Any = None) -> Any:
    try:
        return getattr(config, field, default)
    except ValueError:  # layers differ in it
        return default


def _layers(config: PreTrainedConfig) -> list[Attention]:
    try:
        types, arguments = get_layer_types_and_kwargs(config)
        parts = list(config.per_layer_config)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError.of("unreadable_layers", reason=str(error)) from None
    layers = []
    for index, (kind, part, more) in enumerate(zip(types, parts, arguments, strict=True)):
        if kind == "dummy":
            continue  # it reads another layer's cache, or has no attention
        layers.append(_layer(kind, part, more.get("sliding_window"), index))
    if not layers:
        raise ConfigError.of("no_attention")
    return layers


def _layer(kind: str, config: PreTrainedConfig, window: int | None, index: int) -> Attention:
    if kind == "linear_attention":
        return _state(config)
    if kind in ("compressed_sparse_attention", "heavily_compressed_attention"):
        sparse = kind.startswith("compressed")
        return Compressed(
            _size(config, "num_attention_heads"), _size(config, "head_dim"),
            _size(config, "sliding_window"), _rate(config, kind),
            *((_size(config, name) for name in ("index_head_dim", "index_n_heads", "index_topk"))
              if sparse else ()),
        )  # fmt: skip
    if kind not in (
        "full_attention",
        "sliding_attention",
        "chunked_attention",
        "indexed_attention",
    ):
        raise ConfigError.of("unknown_kind", kind=kind)
    if window is not None and window < 2:
        raise ConfigError.of("short_window", window=window)
    heads = _size(config, "num_attention_heads")
    if _get(config, "kv_lora_rank"):
        if window is not None:
            raise ConfigError.of("window_and_latent")
        indexers = _get(config, "indexer_types") or []
        shared = index < len(indexers) and indexers[index] == "shared"
        own_indexer = kind == "indexed_attention" and not shared
        return Latent(
            heads, config.kv_lora_rank, _get(config, "qk_rope_head_dim", 0) or 0,
            _get(config, "qk_nope_head_dim", 0) or 0, _size(config, "v_head_dim"),
            *((_size(config, name) for name in ("index_head_dim", "index_n_heads", "index_topk"))
              if own_indexer else ()),
        )  # fmt: skip
    kv_heads = _kv_heads(config, heads)
    head_dim = _get(config, "head_dim") or _even_share(_size(config, "hidden_size"), heads)
    v_head_dim = _get(config, "v_head_dim")
    return Heads(heads, kv_heads, head_dim, None if v_head_dim == head_dim else v_head_dim, window)


def _rate(config: PreTrainedConfig, kind: str) -> int:
    rates = config.compress_rates
    rate = rates.get(kind) if isinstance(rates, dict) else None
    if type(rate) is not int or not 1 <= rate <= LIMITS["sliding_window"]:
        raise ConfigError.of("no_compress_rate", kind=kind)
    return rate


def _even_share(hidden_size: int, heads: int) -> int:
    """What each head has of the width, where the file does not say."""
    if hidden_size % heads:
        raise ConfigError.of("uneven_heads", hidden_size=hidden_size, heads=heads)
    return hidden_size // heads


def _kv_heads(config: PreTrainedConfig, heads: int) -> int:
    if config.model_type == "falcon":
        many = config.new_decoder_architecture or not config.multi_query
        found = config.num_kv_heads if many else 1
    else:
        found = _get(config, "num_key_value_heads") or heads
    if heads % found:
        raise ConfigError.of("uneven_groups", groups=found, heads=heads)
    return int(found)


def _state(config: PreTrainedConfig) -> State:
    """The gated delta rule's state: one matrix a head, and the last inputs of a convolution."""
    if config.model_type == "kimi_linear":
        heads, dim = _size(config, "linear_num_heads"), _size(config, "linear_head_dim")
        kernel = _size(config, "linear_conv_kernel_dim")
        return State(heads, 3 * heads * dim * kernel, heads * dim * dim)
    if config.model_type == "qwen3_next":
        key_dim = _size(config, "linear_key_head_dim")
        keys = _size(config, "linear_num_key_heads") * key_dim
        heads = _size(config, "linear_num_value_heads")
        values = heads * _size(config, "linear_value_head_dim")
        kernel = _size(config, "linear_conv_kernel_dim")
        return State(heads, (2 * keys + values) * kernel, values * key_dim)
    raise ConfigError.of("unknown_linear_attention", model_type=config.model_type)


def _size(config: PreTrainedConfig, field: str) -> int:
    value = _get(config, field)
    if type(value) is not int or not 1 <= value <= LIMITS.get(field, 10**9):
        raise ConfigError.of("no_size", field=field, value=value)
    return value
