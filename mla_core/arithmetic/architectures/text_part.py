"""Of a file that holds several models, or one with pictures or sound: the part that writes text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mla_core.arithmetic.architectures.config_file import OLD_NAMES, ConfigError, shown

# as their makers name it: Gemma 3 and most of transformers, InternVL, DeepSeek-VL2, Qwen Omni, ...
NAMES = (
    "text_config", "llm_config", "language_config", "thinker_config", "language_model_config",
    "lm_config", "llm_cfg", "text_cfg", "language_model", "text_model", "text_decoder_config",
    "llama_config", "decoder_config", "text_model_config", "decoder", "mistral_config",
    "qwen_config",
)  # fmt: skip
# of what sees, hears, speaks or draws: its layers keep nothing of the text
OTHERS = (
    "vision", "visual", "image", "img", "video", "audio", "speech", "sound", "talker", "token2wav",
    "encoder", "projector", "qformer", "vit", "clip", "siglip", "perceiver", "resampler", "vq",
    "codec", "depth", "code_predictor", "connector", "adapter", "aligner", "gen_", "draft", "mtp",
    "speculator", "tower",
)  # fmt: skip


@dataclass(frozen=True)
class TextPart:
    """The fields of the part that writes, and where they stand.

    Attributes:
        path: names of the parts that it lies in, the outermost first; empty: the file itself.
        around: fields of the objects that it lies in, the nearest last.
    """

    fields: Mapping[str, Any]
    path: tuple[str, ...]
    around: tuple[Mapping[str, Any], ...]

    @property
    def model_type(self) -> Any:
        """Its own, else of what it lies in."""
        for fields in (self.fields, *reversed(self.around)):
            if fields.get("model_type") is not None:
                return fields["model_type"]
        return None

    @property
    def has_own_type(self) -> bool:
        return isinstance(self.fields.get("model_type"), str)


def text_part(fields: Mapping[str, Any]) -> TextPart:
    """The part that writes text, wherever it stands.

    Raises:
        ConfigError: no part, or more than one could be it.
    """
    path: tuple[str, ...] = ()
    around: tuple[Mapping[str, Any], ...] = ()
    while True:
        found = [name for name in NAMES if isinstance(fields.get(name), dict) and fields[name]]
        for name in NAMES:
            value = fields.get(name)
            if name.endswith("_config") and value is not None and not isinstance(value, dict):
                raise ConfigError.of("no_braces", field=name)
        if not found:
            break
        if len(found) > 1 and any(fields[one] != fields[found[0]] for one in found[1:]):
            raise ConfigError.of("two_parts", first=found[0], second=found[1])
        path, around = (*path, found[0]), (*around, fields)
        fields = fields[found[0]]
    if not _has_layers(fields):
        for name, value in fields.items():
            if isinstance(value, dict) and _has_layers(value) and not _is_other(name):
                raise ConfigError.of("strange_part", part=shown(name))
    return TextPart(fields, path, around)


def _has_layers(fields: Mapping[str, Any]) -> bool:
    return any(OLD_NAMES.get(name, name) == "num_hidden_layers" for name in fields)


def _is_other(name: str) -> bool:
    return any(other in name.lower() for other in OTHERS)
