"""What a checkpoint's `config.json` says, in DeepSeek's words, checked before anything is built."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from mla_core.attention.rope_config import RopeConfig
from mla_core.models.checkpoint_sentences import SENTENCES
from mla_core.records.problem import Problem

AttentionKind = Literal["MHA", "GQA", "MQA", "MLA"]
CONVERTED = "mla_"  # before the model_type of what `convert_to_mla` made
FILE = "config.json"  # in sentences of who reads its fields: who opened it knows its path


class CheckpointError(Problem, ValueError):
    """A model directory that cannot be opened; the message names the file and the reason."""

    sentences: ClassVar[Mapping[str, str]] = SENTENCES


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """One configuration for all formats; MLA's fields are 0 or None where there is no MLA.

    `mla_gpt2` and `mla_llama` are ours: what `convert_to_mla` makes of the other two.
    """

    model_type: str
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
    def is_converted(self) -> bool:
        """Whether ordinary attention was made latent by `convert_to_mla`."""
        return self.model_type.startswith(CONVERTED)

    @property
    def rotates_keys(self) -> bool:
        """Whether positions turn queries and keys (RoPE); else they are vectors inside x."""
        return self.rope is not None

    @property
    def attention(self) -> AttentionKind:
        if self.kv_lora_rank:
            return "MLA"
        if self.num_key_value_heads == 1 and self.num_attention_heads > 1:
            return "MQA"
        return "MHA" if self.num_key_value_heads == self.num_attention_heads else "GQA"

    @property
    def attention_with_sizes(self) -> str:
        """The kind and what sets it apart, in the letters of `mla_core`: "MLA (c 64, r 16)"."""
        if self.attention != "MLA":
            shared = "" if self.attention == "MHA" else f"g {self.num_key_value_heads}, "
            return f"{self.attention} ({shared}k {self.head_dim})"
        least, most = min(self.ranks), max(self.ranks)
        rope = f", r {self.qk_rope_head_dim}" if self.qk_rope_head_dim else ""
        return f"MLA (c {most if least == most else f'{least} to {most}'}{rope})"

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

    def with_latent(self, ranks: tuple[int, ...]) -> "ModelConfig":
        """The same model with its keys and values pressed through latents, one rank a layer."""
        return replace(
            self,
            model_type=CONVERTED + self.model_type,
            kv_lora_rank=max(ranks),
            kv_lora_ranks=None if len(set(ranks)) == 1 else ranks,
            v_head_dim=self.head_dim,
            qk_nope_head_dim=self.head_dim,
        )

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
    path = directory / FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError.of("no_config", path=str(path)) from None
    except (ValueError, OSError) as error:
        raise CheckpointError.of("unreadable_config", path=str(path), reason=str(error)) from None
    if not isinstance(raw, dict):
        raise CheckpointError.of("no_object", path=str(path))
    return raw


def parse_converted(raw: dict[str, Any]) -> ModelConfig:
    """What `save_model` wrote: our own fields, so only their ranks need a check."""
    config = ModelConfig.from_dict(raw)
    ranks = config.ranks
    if len(ranks) != config.num_hidden_layers or not all(type(r) is int and r > 0 for r in ranks):
        raise CheckpointError.of(
            "ranks", path=FILE, layers=config.num_hidden_layers, ranks=str(ranks)
        )
    return config


def positive_int(raw: dict[str, Any], name: str, default: int | None = None) -> int:
    """A positive whole number of the file; `default` stands in for a missing or null one."""
    value = raw.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise KeyError(name)
    if type(value) is not int or value < 1:
        raise CheckpointError.of("not_positive", path=FILE, field=name, value=value)
    return value


def activation(raw: dict[str, Any], name: str, built: tuple[str, ...]) -> str:
    """The activation of the MLPs, the first of those that are built unless said otherwise."""
    value = raw.get(name, built[0])
    if value not in built:
        raise CheckpointError.of("activation", path=FILE, value=value, built=", ".join(built))
    return value
