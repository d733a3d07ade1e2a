"""Any Hugging Face `config.json` -> what its cache keeps, or a sentence that names the field."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mla_core.arithmetic.architectures.architecture import Architecture, grouped
from mla_core.arithmetic.architectures.attention import Attention
from mla_core.arithmetic.architectures.config_file import ConfigError, fields_of, shown
from mla_core.arithmetic.architectures.known_kinds import is_known, known_kind
from mla_core.arithmetic.architectures.reading import Read
from mla_core.arithmetic.architectures.text_part import TextPart, text_part
from mla_core.arithmetic.architectures.unknown_kinds import by_names

__all__ = ["ConfigError", "from_config"]


def from_config(source: str | Path | Mapping[str, Any], name: str = "your model") -> Read:
    """Reads a `config.json`: a path, its text, or what is in it.

    Raises:
        ConfigError: it is not JSON, lacks a field, or a field cannot be or is not understood.
    """
    part = text_part(fields_of(source))
    model_type = part.model_type
    if not isinstance(model_type, str):
        raise ConfigError.of("no_model_type")
    layers, context, notes = _read(model_type, part)
    if part.path:
        notes = [f"Read: the part that writes text, {'.'.join(part.path)}.", *notes]
    return Read(
        Architecture(
            name=str(name), layers=grouped(layers), context=context, source="the pasted config.json",
            note=" ".join(notes),
        ),
        tuple(notes),
    )  # fmt: skip


def _read(model_type: str, part: TextPart) -> tuple[list[Attention], int | None, list[str]]:
    if not is_known(model_type):
        reason = f"transformers does not know {shown(model_type)!r}"
        return by_names(model_type, part.fields, reason)
    if part.fields.get("use_mla") is False:
        return by_names(model_type, part.fields, f"use_mla is false, so it is no {model_type}")
    return known_kind(model_type, part)
