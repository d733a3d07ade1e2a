"""A kind that transformers knows: its configuration class reads the file, its cache says what is kept.

Where a file leaves a field out, transformers fills in the default of the configuration's class,
and so does this, but it says so: with such a default 30 layers were once taken for 60.
"""

import dataclasses
import logging
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

from transformers import PreTrainedConfig
from transformers.cache_utils import get_layer_types_and_kwargs
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from mla_core.arithmetic.architectures.attention import Attention, Compressed, Heads, Latent, State
from mla_core.arithmetic.architectures.compared_kinds import (
    BOTH_WAYS,
    COMPARED,
    DRAFTS,
    ENCODER_AND_DECODER,
    NO_HEAD_DIM,
    NO_KV_HEADS,
)
from mla_core.arithmetic.architectures.config_file import (
    LIMITS,
    LONGEST_SENTENCE,
    ConfigError,
    check_types,
    shown,
)
from mla_core.arithmetic.architectures.harmless_fields import deciding, is_off
from mla_core.arithmetic.architectures.text_part import TextPart

INDEXER = ("index_head_dim", "index_n_heads", "index_topk")
LAYERS = (
    "full_attention", "sliding_attention", "chunked_attention", "indexed_attention", "linear_attention",
    "compressed_sparse_attention", "heavily_compressed_attention",
)  # fmt: skip
# large, or of another model's; none says anything about the cache
READ_BESIDES = {"linear_attn_config"}  # Kimi Linear's class takes its own fields out of it
# whatever the class makes of them: no model of a kind without them has them
ALWAYS_DECIDE = (
    "attention_kv_lora_dim", "attn_type_list", "block_configs", "cla_share_factor", "compress_ratios",
    "kv_lora_rank", "layer_group_size", "num_key_value_heads_per_layer", "sparse_attention_config",
    "use_cla",
)  # fmt: skip
UNREAD = ("quantization_config", "compression_config", "vision_config", "audio_config")


class Fields:
    """What the class says of one layer, and which of its fields were asked for."""

    def __init__(self, config: PreTrainedConfig, asked: set[str]) -> None:
        self._config, self._asked = config, asked
        self.model_type: str = config.model_type

    def get(self, field: str, default: Any = None) -> Any:
        value = getattr(self._config, field, default)
        self._asked.add(field)
        return value

    def size(self, field: str) -> int:
        value = self.get(field)
        if type(value) is not int or not 1 <= value <= LIMITS.get(field, 10**9):
            raise ConfigError.of("not_positive", field=field, value=shown(value))
        return value


def is_known(model_type: str) -> bool:
    return model_type in CONFIG_MAPPING


def known_kind(model_type: str, part: TextPart) -> tuple[list[Attention], int | None, list[str]]:
    """Its layers, its context, and notes.

    Raises:
        ConfigError: transformers refuses the file, or what a layer keeps is not known.
    """
    check_types(part.fields)
    for fields in (part.fields, *part.around):
        if fields.get("model_type") in ENCODER_AND_DECODER:
            raise ConfigError.of("encoder_and_decoder", kind=fields["model_type"])
        if fields.get("model_type") in DRAFTS:
            raise ConfigError.of("draft", kind=fields["model_type"])
    quiet = logging.getLogger("transformers")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)  # its warnings are about running the model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old names in files, which it reads all the same
            config, notes = _opened(model_type, part)
            asked = {"num_hidden_layers", "max_position_embeddings"}
            layers, kinds = _layers(config, asked, part)
            context = getattr(config, "max_position_embeddings", None)
            notes += _filled_in(config, asked, kinds, part) + _passed_over(config, asked, part)
    except ConfigError:
        raise
    except Exception as error:  # each class checks in its own way, and raises what it likes
        told = str(error).strip().splitlines()
        reason = told[-1].strip() if told else type(error).__name__
        raise ConfigError.of(
            "refused", kind=shown(model_type), reason=reason[:LONGEST_SENTENCE]
        ) from None
    finally:
        quiet.setLevel(level)
    return layers, context if type(context) is int else None, notes


def _opened(model_type: str, part: TextPart) -> tuple[PreTrainedConfig, list[str]]:
    """The configuration of the part that writes text, as transformers reads it."""
    of_type = CONFIG_MAPPING[model_type]
    notes = []
    if part.path and not part.has_own_type:  # what it lies in says which kind the part is
        around = next(one for one in reversed(part.around) if one.get("model_type") == model_type)
        whole = of_type.from_dict(_without_unread(around))
    else:
        whole = of_type.from_dict(_without_unread(part.fields))
    if whole.is_encoder_decoder:
        raise ConfigError.of("encoder_and_decoder", kind=model_type)
    config = whole.get_text_config(decoder=True)
    if config is whole:
        if part.path and not part.has_own_type:
            raise ConfigError.of("no_such_part", part=part.path[-1], kind=model_type)
    else:
        if not isinstance(config, PreTrainedConfig) or type(config) is PreTrainedConfig:
            raise ConfigError.of("no_text_part", kind=model_type)
        fields = _without_unread(part.fields)
        fields.pop("model_type", None)
        config = type(config).from_dict(fields)
        if not part.path:
            notes.append(
                f"The file has no text_config: its fields are read as those of {config.model_type}."
            )
    kind = config.model_type
    if kind in BOTH_WAYS:
        raise ConfigError.of("both_ways", kind=kind)
    if kind not in COMPARED:
        if deciding_fields := _deciding_fields(part):
            raise ConfigError.of("not_compared_fields", kind=kind, fields=deciding_fields)
        raise ConfigError.of("not_compared", kind=kind)
    return config, notes


def _deciding_fields(part: TextPart) -> str:
    """Three at most of the file's fields that decide what is kept: lists and objects first."""
    found = [
        field for field, value in part.fields.items()
        if deciding(field) and not is_off(field, value) and field not in LIMITS
    ]  # fmt: skip
    found.sort(key=lambda field: isinstance(part.fields[field], int | float))
    return ", ".join(shown(field) for field in found[:3])


def _without_unread(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in UNREAD}


def _layers(
    config: PreTrainedConfig, asked: set[str], part: TextPart
) -> tuple[list[Attention], list[str]]:
    count = config.num_hidden_layers
    if type(count) is not int or not 1 <= count <= LIMITS["num_hidden_layers"]:
        raise ConfigError.of("not_positive", field="num_hidden_layers", value=shown(count))
    if config.model_type == "longcat_flash":
        asked.add("num_layers")
        said, pairs = part.fields.get("num_hidden_layers"), part.fields.get("num_layers")
        if said is not None and (pairs is None or said != 2 * pairs):
            raise ConfigError.of("two_attentions", layers=said, pairs=shown(pairs))
    kinds, arguments = get_layer_types_and_kwargs(config)
    sharing = set(getattr(config, "kv_sharing_modes", None) or [])
    if not sharing <= {None, "store", "reuse"}:
        raise ConfigError.of("indexer_alone")
    parts = list(config.per_layer_config)
    if not len(kinds) == len(parts) == len(arguments):
        raise ConfigError.of("kinds_and_layers", kinds=len(kinds), layers=len(parts))
    layers = []
    for index, (kind, one, more) in enumerate(zip(kinds, parts, arguments, strict=True)):
        if kind == "dummy":
            continue  # it reads another layer's cache, or has no attention
        if config.model_type == "mllama_text_model" and index in config.cross_attention_layers:
            continue  # it keeps the picture's keys and values, which no token adds to
        if kind not in LAYERS:
            if deciding_fields := _deciding_fields(part):
                raise ConfigError.of(
                    "unknown_layer_fields", kind=shown(kind), fields=deciding_fields
                )
            raise ConfigError.of("unknown_layer", kind=shown(kind))
        layers.append(_layer(kind, Fields(one, asked), more.get("sliding_window"), index))
    if not layers:
        raise ConfigError.of("no_attention")
    return layers, kinds


def _layer(kind: str, fields: Fields, window: int | None, index: int) -> Attention:
    if window is not None:
        fields.get("attention_chunk_size" if kind == "chunked_attention" else "sliding_window")
    if kind == "linear_attention":
        return _state(fields)
    if kind in ("compressed_sparse_attention", "heavily_compressed_attention"):
        sparse = kind.startswith("compressed")
        return Compressed(
            fields.size("num_attention_heads"), fields.size("head_dim"),
            fields.size("sliding_window"), _rate(fields, kind),
            *(fields.size(name) for name in (INDEXER if sparse else ())),
        )  # fmt: skip
    if window is not None and window < 2:
        raise ConfigError.of("window_too_short", window=window)
    heads = fields.size("num_attention_heads")
    if fields.get("kv_lora_rank"):
        return _latent(fields, kind, heads, window, index)
    kv_heads = _kv_heads(fields, kind, heads)
    own = None if fields.model_type in NO_HEAD_DIM else fields.get("head_dim")
    head_dim = own or _even_share(fields.size("hidden_size"), heads)
    v_head_dim = fields.get("v_head_dim")
    return Heads(heads, kv_heads, head_dim, None if v_head_dim == head_dim else v_head_dim, window)


def _latent(fields: Fields, kind: str, heads: int, window: int | None, index: int) -> Latent:
    if window is not None:
        raise ConfigError.of("latent_window")
    indexers = fields.get("indexer_types") or []
    shared = index < len(indexers) and indexers[index] == "shared"
    own_indexer = kind == "indexed_attention" and not shared
    nope, rope = fields.get("qk_nope_head_dim", 0) or 0, fields.get("qk_rope_head_dim", 0) or 0
    if fields.model_type == "mistral_large4_text" and not fields.get("no_rope_layers")[index]:
        nope, rope = nope + rope, 0  # the whole key is content there
    return Latent(
        heads, fields.size("kv_lora_rank"), rope, nope, fields.size("v_head_dim"),
        *(fields.size(name) for name in (INDEXER if own_indexer else ())),
    )  # fmt: skip


def _rate(fields: Fields, kind: str) -> int:
    rates = fields.get("compress_rates")
    rate = rates.get(kind) if isinstance(rates, dict) else None
    if type(rate) is not int or not 1 <= rate <= LIMITS["sliding_window"]:
        raise ConfigError.of("no_rate", kind=kind)
    return rate


def _even_share(hidden_size: int, heads: int) -> int:
    """What each head has of the width, where the file does not say."""
    if hidden_size % heads:
        raise ConfigError.of("uneven_width", hidden_size=hidden_size, heads=heads)
    return hidden_size // heads


def _kv_heads(fields: Fields, kind: str, heads: int) -> int:
    if fields.model_type == "falcon":
        many = fields.get("new_decoder_architecture") or not fields.get("multi_query")
        found = fields.get("num_kv_heads") if many else 1
    elif fields.model_type == "gpt_bigcode":
        found = 1 if fields.get("multi_query") else heads
    elif fields.model_type in NO_KV_HEADS:
        found = heads
    else:
        found = fields.get("num_key_value_heads") or heads
    if fields.model_type == "mimo_v2_flash" and kind == "sliding_attention":
        found *= 2  # so its code, whatever the file's own field says
        if fields.get("swa_num_key_value_heads", found) != found:
            given = shown(fields.get("swa_num_key_value_heads"))
            raise ConfigError.of("other_groups", value=given, found=found)
    if heads % found:
        raise ConfigError.of("uneven_groups", kv_heads=found, heads=heads)
    return int(found)


def _state(fields: Fields) -> State:
    """The gated delta rule's state: one matrix a head, and the last inputs of a convolution."""
    if fields.model_type == "kimi_linear":
        heads, dim = fields.size("linear_num_heads"), fields.size("linear_head_dim")
        kernel = fields.size("linear_conv_kernel_dim")
        return State(heads, 3 * heads * dim * kernel, heads * dim * dim)
    if fields.model_type in ("qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"):
        key_dim = fields.size("linear_key_head_dim")
        keys = fields.size("linear_num_key_heads") * key_dim
        heads = fields.size("linear_num_value_heads")
        values = heads * fields.size("linear_value_head_dim")
        kernel = fields.size("linear_conv_kernel_dim")
        return State(heads, (2 * keys + values) * kernel, values * key_dim)
    raise ConfigError.of("unknown_state", kind=fields.model_type)


def _filled_in(
    config: PreTrainedConfig, asked: set[str], kinds: list[str], part: TextPart
) -> list[str]:
    """Notes on what the class filled in; a number that the file has elsewhere is never passed over."""
    aliases = {new: old for new, old in type(config).attribute_map.items()}
    names_of = {field: {field, aliases.get(field, field)} for field in asked}
    for old, new in type(config).attribute_map.items():
        names_of.setdefault(new, {new}).add(old)
    defaults = {
        field.name: field.default for field in dataclasses.fields(type(config))
        if field.default is not dataclasses.MISSING
    }  # fmt: skip
    notes = []
    for field in sorted(asked):
        value = _plain(config, field)
        names = names_of[field]
        if names & part.fields.keys() or value is None:
            continue
        for around in part.around:
            for name in names & around.keys():
                if around[name] is not None and around[name] != value:
                    raise ConfigError.of(
                        "outside", field=name, value=shown(around[name]), part=part.path[-1],
                        kind=config.model_type,
                    )  # fmt: skip
        if any(defaults.get(name) is not None for name in names):
            said = f"{value:,}" if type(value) is int else shown(value)
            notes.append(
                f"{field} is not in the file: {said} is the default of transformers' class "
                f"for {config.model_type}."
            )
    if len(set(kinds)) > 1 and not part.fields.get("layer_types"):
        counted = ", ".join(f"{count} × {kind}" for kind, count in Counter(kinds).items())
        notes.append(
            f"layer_types is not in the file: transformers' class for {config.model_type} lays out "
            f"{counted.replace('dummy', 'without a cache of their own')}."
        )
    return notes


def _plain(config: PreTrainedConfig, field: str) -> Any:
    """Where layers differ in it, transformers has no one answer: then the file's parts say it."""
    try:
        return getattr(config, field, None)
    except Exception:
        return None


def _passed_over(config: PreTrainedConfig, asked: set[str], part: TextPart) -> list[str]:
    """Fields that this kind does not have, though their names could decide what a cache keeps.

    Raises:
        ConfigError: such a field always decides: the file is of another kind than its model_type says.
    """
    declared = {field.name for field in dataclasses.fields(type(config))} | asked
    declared |= type(config).attribute_map.keys() | set(dir(type(config))) | READ_BESIDES
    strange = [
        field for field, value in part.fields.items()
        if field not in declared and hasattr(config, field)
        and (deciding(field) or field in ALWAYS_DECIDE) and not is_off(field, value)
    ]  # fmt: skip
    for field in strange:
        if field in ALWAYS_DECIDE:
            raise ConfigError.of(
                "not_read", field=field, value=shown(part.fields[field]), kind=config.model_type
            )
    if not strange:
        return []
    named = ", ".join(shown(field) for field in strange[:5])
    more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
    return [f"Not read, as transformers' class for {config.model_type} has none: {named}{more}."]
