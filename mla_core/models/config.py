"""What a checkpoint's `config.json` says, in DeepSeek's words, checked before anything is built."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from mla_core.attention.rope_config import RopeConfig
from mla_core.records.problem import Problem

ModelType = Literal[
    "gpt2", "llama", "deepseek_v2", "deepseek_v3", "mla_gpt2", "mla_llama",
    "minicpm3", "youtu", "glm4_moe_lite", "mistral4",
]  # fmt: skip
AttentionKind = Literal["MHA", "GQA", "MQA", "MLA"]


class CheckpointError(Problem, ValueError):
    """A model directory that cannot be opened; the message names the file and the reason."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """One configuration for all formats; MLA's fields are 0 or None where there is no MLA.

    `mla_gpt2` and `mla_llama` are ours: what `convert_to_mla` makes of the other two.
    """

    model_type: ModelType
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int
    head_dim: int  # of keys and values, where they are not MLA's
    norm_eps: float
    hidden_act: str
    tie_word_embeddings: bool
    attention_bias: bool
    mlp_bias: bool
    bos_token_id: int | None
    rope: RopeConfig | None = None  # None: learned positions (gpt2)
    kv_lora_rank: int = 0  # of the widest layer, where they differ
    kv_lora_ranks: tuple[int, ...] | None = None  # layer by layer, where they differ
    q_lora_rank: int | None = None
    qk_nope_head_dim: int = 0
    qk_rope_head_dim: int = 0
    v_head_dim: int = 0
    rope_interleave: bool = False
    factorisations: tuple[str, ...] | None = None  # of a converted model: each layer's method

    @property
    def family(self) -> Literal["gpt2", "llama"]:
        """Which of the two transformers it is; the attention may be any."""
        return "gpt2" if self.model_type in ("gpt2", "mla_gpt2") else "llama"

    @property
    def attention(self) -> AttentionKind:
        if self.kv_lora_rank:
            return "MLA"
        if self.num_key_value_heads == 1 and self.num_attention_heads > 1:
            return "MQA"
        return "MHA" if self.num_key_value_heads == self.num_attention_heads else "GQA"

    @property
    def ranks(self) -> tuple[int, ...]:
        """The width of each layer's latent; 0 where there is none."""
        return self.kv_lora_ranks or (self.kv_lora_rank,) * self.num_hidden_layers

    @property
    def cached_values(self) -> int:
        """Numbers a token leaves in the cache of all layers (DeepSeek-V2, Table 1)."""
        if self.attention == "MLA":
            return sum(rank + self.qk_rope_head_dim for rank in self.ranks)
        return 2 * self.num_key_value_heads * self.head_dim * self.num_hidden_layers

    @classmethod
    def from_dict(cls, fields_: dict[str, Any]) -> "ModelConfig":
        """The inverse of `dataclasses.asdict`, also after a journey through JSON.

        Raises:
            TypeError: a field is unknown or missing.
        """
        values = dict(fields_)
        if values.get("rope") is not None:
            values["rope"] = RopeConfig(**values["rope"])
        for name in ("kv_lora_ranks", "factorisations"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        return cls(**values)


def read_json(directory: Path) -> dict[str, Any]:
    """``directory/config.json`` as it is.

    Raises:
        CheckpointError: no such file, not JSON, or not an object.
    """
    path = directory / "config.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} does not exist: a model directory holds config.json, "
            "model.safetensors and tokenizer.json"
        ) from None
    except (ValueError, OSError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None
    if not isinstance(raw, dict):
        raise CheckpointError(f"{path} must hold one JSON object")
    return raw


BORROWED = ("minicpm3", "youtu", "glm4_moe_lite", "mistral4")


def is_borrowed(raw: dict[str, Any]) -> bool:
    """Whether transformers builds the body (see `models.borrowed`), from a `config.json`."""
    deepseek = raw.get("model_type") in ("deepseek_v2", "deepseek_v3")
    return raw.get("model_type") in BORROWED or (deepseek and has_experts(raw))


def has_experts(raw: dict[str, Any]) -> bool:
    """Whether layers of a DeepSeek `config.json` are mixtures of experts."""
    first = raw.get("first_k_dense_replace", 0 if raw.get("model_type") == "deepseek_v2" else 3)
    layers = raw.get("num_hidden_layers")
    if type(first) is not int or type(layers) is not int:
        return False  # refused when it is read
    return raw.get("n_routed_experts", 1) is not None and first < layers


def read_config(directory: Path) -> ModelConfig:
    """Reads and checks ``directory/config.json``.

    Raises:
        CheckpointError: no such file, not JSON, an unknown architecture, or one with parts that
            are not built here (mixture-of-experts layers, other activations, ...).
    """
    path, raw = directory / "config.json", read_json(directory)
    try:
        config = _parse(raw)
    except KeyError as error:
        raise CheckpointError(f"{path} lacks the field {error}") from None
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from None
    return config


def _parse(raw: dict[str, Any]) -> ModelConfig:
    model_type = raw.get("model_type")
    if model_type == "gpt2":
        return _gpt2(raw)
    if model_type in ("llama", "deepseek_v2", "deepseek_v3"):
        return _llama(raw)
    if model_type in ("mla_gpt2", "mla_llama"):
        return _converted(raw)
    raise ValueError(
        f"the architecture {model_type!r} is not known here; known are gpt2, llama, deepseek_v2, "
        f"deepseek_v3, {', '.join(BORROWED)}"
        + ("; code that it brings along (auto_map) is never run" if raw.get("auto_map") else "")
    )


def _converted(raw: dict[str, Any]) -> ModelConfig:
    """What `save_model` wrote: our own fields, so only their ranks need a check."""
    config = ModelConfig.from_dict(raw)
    ranks = config.ranks
    if len(ranks) != config.num_hidden_layers or not all(type(r) is int and r > 0 for r in ranks):
        raise ValueError(f"each of {config.num_hidden_layers} layers needs a rank, not {ranks}")
    return config


def _size(raw: dict[str, Any], name: str, default: int | None = None) -> int:
    """A positive whole number of the file; `default` stands in for a missing or null one."""
    value = raw.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise KeyError(name)
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} must be a positive whole number, not {value!r}")
    return value


def _gpt2(raw: dict[str, Any]) -> ModelConfig:
    for flag in ("add_cross_attention", "scale_attn_by_inverse_layer_idx"):
        if raw.get(flag):
            raise ValueError(f"{flag} is set, which is not built here")
    if not raw.get("scale_attn_weights", True):
        raise ValueError("scale_attn_weights is off, which is not built here")
    d, heads = _size(raw, "n_embd"), _size(raw, "n_head")
    if d % heads:
        raise ValueError(f"n_embd {d} is not a multiple of n_head {heads}")
    return ModelConfig(
        model_type="gpt2",
        vocab_size=_size(raw, "vocab_size"),
        hidden_size=d,
        intermediate_size=_size(raw, "n_inner", 4 * d),
        num_hidden_layers=_size(raw, "n_layer"),
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=_size(raw, "n_positions", 1024),
        head_dim=d // heads,
        norm_eps=raw.get("layer_norm_epsilon", 1e-5),
        hidden_act=_activation(raw, "activation_function", ("gelu_new", "gelu")),
        tie_word_embeddings=raw.get("tie_word_embeddings", True),
        attention_bias=True,
        mlp_bias=True,
        bos_token_id=raw.get("bos_token_id", 50256),
    )


def _llama(raw: dict[str, Any]) -> ModelConfig:
    model_type, heads, d = (
        raw["model_type"],
        _size(raw, "num_attention_heads"),
        _size(raw, "hidden_size"),
    )
    layers = _size(raw, "num_hidden_layers")
    mla: dict[str, Any] = {}
    head_dim = _size(raw, "head_dim", d // heads)
    if model_type != "llama":
        if has_experts(raw):
            raise ValueError("it has mixture-of-experts layers, which only load_model opens")
        no_query_latent = "q_lora_rank" in raw and raw["q_lora_rank"] is None
        mla = {
            "kv_lora_rank": _size(raw, "kv_lora_rank", 512),
            "q_lora_rank": None if no_query_latent else _size(raw, "q_lora_rank", 1536),
            "qk_nope_head_dim": _size(raw, "qk_nope_head_dim", 128),
            "qk_rope_head_dim": _size(raw, "qk_rope_head_dim", 64),
            "v_head_dim": _size(raw, "v_head_dim", 128),
            "rope_interleave": model_type == "deepseek_v2" or raw.get("rope_interleave", True),
        }
        head_dim = mla["qk_rope_head_dim"]
    kv_heads = _size(raw, "num_key_value_heads", heads)
    if heads % kv_heads:
        raise ValueError(
            f"num_attention_heads {heads} is not a multiple of num_key_value_heads {kv_heads}"
        )
    if head_dim % 2:
        raise ValueError(f"RoPE turns pairs of numbers, so its width {head_dim} must be even")
    context = _size(raw, "max_position_embeddings", 4096 if model_type == "deepseek_v3" else 2048)
    return ModelConfig(
        model_type=model_type,
        vocab_size=_size(raw, "vocab_size"),
        hidden_size=d,
        intermediate_size=_size(raw, "intermediate_size"),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=context,
        head_dim=head_dim,
        norm_eps=raw.get("rms_norm_eps", 1e-6),
        hidden_act=_activation(raw, "hidden_act", ("silu",)),
        tie_word_embeddings=raw.get("tie_word_embeddings", False),
        attention_bias=raw.get("attention_bias", False),
        mlp_bias=raw.get("mlp_bias", False) and model_type != "deepseek_v3",
        bos_token_id=raw.get("bos_token_id", 0 if model_type == "deepseek_v3" else 1),
        rope=_rope(raw, context),
        **mla,
    )


def _activation(raw: dict[str, Any], name: str, built: tuple[str, ...]) -> str:
    value = raw.get(name, built[0])
    if value not in built:
        raise ValueError(f"the activation {value!r} is not built here (only {', '.join(built)})")
    return value


def _rope(raw: dict[str, Any], context: int) -> RopeConfig:
    """`rope_parameters` (transformers 5) or `rope_scaling` + `rope_theta` (before)."""
    given = dict(raw.get("rope_scaling") or raw.get("rope_parameters") or {})
    given.setdefault("rope_theta", raw.get("rope_theta", 10_000.0))
    given.setdefault("rope_type", given.pop("type", "default"))
    if given["rope_type"] not in ("default", "linear", "llama3", "yarn"):
        raise ValueError(f"rope_type {given['rope_type']!r} is not built here")
    if given.get("partial_rotary_factor", 1.0) != 1.0:
        raise ValueError("partial_rotary_factor is not built here")
    original = given.get("original_max_position_embeddings") or context
    given["original_max_position_embeddings"] = original
    if given["rope_type"] == "yarn" and given.get("factor") is None:
        given["factor"] = context / original
    for name, value in given.items():
        if type(value) is int and name != "original_max_position_embeddings":
            given[name] = float(value)  # JSON does not tell 32 from 32.0
    known = {field.name for field in fields(RopeConfig)}
    return RopeConfig(**{name: value for name, value in given.items() if name in known})
