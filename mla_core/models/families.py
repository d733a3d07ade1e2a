"""The families of models: which are known, and where each is read and built.

A new family is one file with a function that makes a `ModelConfig` of a `config.json` and a subclass
of `LanguageModel`, and one line in `FAMILIES`; one that transformers builds is a line in
`transformers_classes`. Both places are named and not imported: reading the configuration of a
small model needs no torch.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mla_core.models.config import (
    CONVERTED,
    FILE,
    CheckpointError,
    ModelConfig,
    parse_converted,
    read_json,
)
from mla_core.models.transformers_classes import TRANSFORMERS_CLASSES, built_by_transformers

if TYPE_CHECKING:
    from mla_core.models.language_model import LanguageModel


@dataclass(frozen=True)
class Family:
    """How models of one kind are read and built.

    Attributes:
        model_types: what their `config.json` may call them; one that begins with `mla_` is what
            `convert_to_mla` makes of the type behind it.
        parser: "module:function", from the JSON object to a `ModelConfig`; it says what is wrong as
            a KeyError (a missing field), a TypeError or a ValueError; a CheckpointError, which is
            one, can be said in another language too.
        model: "module:class" of the `LanguageModel`.
        accepts: whether this family opens such a configuration; the first one that does is taken.
    """

    model_types: tuple[str, ...]
    parser: str
    model: str
    accepts: Callable[[dict[str, Any]], bool] = lambda raw: True

    def parse(self, raw: dict[str, Any]) -> ModelConfig:
        """A `config.json` in our words."""
        if raw["model_type"].startswith(CONVERTED):
            return parse_converted(raw)
        config: ModelConfig = _named(self.parser)(raw)
        return config

    @property
    def model_class(self) -> "type[LanguageModel]":
        """Imports torch."""
        found: type[LanguageModel] = _named(self.model)
        return found


FAMILIES: tuple[Family, ...] = (
    Family(("gpt2", "mla_gpt2"), "mla_core.models.gpt2_config:parse", "mla_core.models.gpt2:GPT2"),
    Family(
        tuple(TRANSFORMERS_CLASSES),
        "mla_core.models.transformers_model:parse",
        "mla_core.models.transformers_model:TransformersModel",
        accepts=built_by_transformers,
    ),
    Family(
        ("llama", "mla_llama", "deepseek_v2", "deepseek_v3"),
        "mla_core.models.llama_config:parse",
        "mla_core.models.llama:Llama",
    ),
)


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def family_of(raw: dict[str, Any]) -> Family:
    """The family that opens a `config.json`.

    Raises:
        CheckpointError: none of those that are known.
    """
    model_type = raw.get("model_type")
    for family in FAMILIES:
        if model_type in family.model_types and family.accepts(raw):
            return family
    known = (name for family in FAMILIES for name in family.model_types)
    listed = ", ".join(dict.fromkeys(name for name in known if not name.startswith(CONVERTED)))
    if raw.get("auto_map"):
        raise CheckpointError.of(
            "unknown_architecture_with_code", path=FILE, model_type=model_type, known=listed
        )
    raise CheckpointError.of("unknown_architecture", path=FILE, model_type=model_type, known=listed)


def read_family(directory: Path) -> tuple[Family, ModelConfig]:
    """Reads and checks ``directory/config.json``.

    Raises:
        CheckpointError: no such file, not JSON, an unknown architecture, or one with parts that
            are not built here (other activations, quantised weights, ...).
    """
    path, raw = str(directory / FILE), read_json(directory)
    try:
        family = family_of(raw)
        _refuse_quantised(raw)
        token = raw.get("bos_token_id")
        if token is not None and type(token) is not int:
            raise CheckpointError.of("start_token_kind", path=path, token=token)
        config = family.parse(raw)
        token, last = config.bos_token_id, config.vocab_size - 1
        if token is not None and not 0 <= token <= last:
            if "bos_token_id" in raw:
                raise CheckpointError.of("start_token_outside", path=path, token=token, last=last)
            raise CheckpointError.of(
                "default_start_token_outside", path=path, token=token, last=last
            )
        return family, config
    except KeyError as error:
        raise CheckpointError.of("missing_field", path=path, field=error.args[0]) from None
    except CheckpointError as error:
        raise error.with_values(path=path) from None
    except (TypeError, ValueError) as error:
        raise CheckpointError.of("refused_config", path=path, reason=str(error)) from None


def _refuse_quantised(raw: dict[str, Any]) -> None:
    for name in ("quantization_config", "compression_config"):  # the second: compressed-tensors'
        if raw.get(name):
            said = raw[name].get("quant_method") if isinstance(raw[name], dict) else None
            if said:
                raise CheckpointError.of("quantised_by", path=FILE, field=name, method=str(said))
            raise CheckpointError.of("quantised", path=FILE, field=name)


def read_config(directory: Path) -> ModelConfig:
    """The configuration of a model directory; see `read_family`."""
    return read_family(directory)[1]
