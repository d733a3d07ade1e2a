"""The text of a `config.json` -> its fields, each of a size that somebody could mean."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from mla_core.arithmetic.architectures.config_sentences import SENTENCES
from mla_core.records.problem import Problem

MAX_CHARACTERS = 20_000_000  # a quantised model's lists of names alone take 3 million
MOST_SHOWN, LONGEST_SENTENCE = 60, 300
# sizes that are looked at, and the largest that anybody could mean
LIMITS = {
    "num_hidden_layers": 1_000,
    "num_attention_heads": 4_096,
    "num_key_value_heads": 4_096,
    "num_global_key_value_heads": 4_096,
    "hidden_size": 1_000_000,
    "head_dim": 16_384,
    "global_head_dim": 16_384,
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
    "max_window_layers": 10_000,
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
# some switch a thing off with 0, so only what is counted refuses it
MAY_BE_ZERO = (
    "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "kv_lora_rank", "q_lora_rank",
    "sliding_window", "index_head_dim", "index_n_heads", "index_topk", "max_window_layers",
    "n_routed_experts", "num_local_experts", "num_global_key_value_heads", "global_head_dim",
)  # fmt: skip
OLD_NAMES = {
    "n_layer": "num_hidden_layers", "n_layers": "num_hidden_layers",
    "num_layers": "num_hidden_layers", "n_head": "num_attention_heads",
    "n_heads": "num_attention_heads", "num_heads": "num_attention_heads",
    "n_embd": "hidden_size", "d_model": "hidden_size",
    "n_positions": "max_position_embeddings",
}  # fmt: skip
COUNTS = re.compile(r"layers?$|depths?$|cycles$|loops?$|blocks$")
MOST_COUNTED = 10_000


class ConfigError(Problem, ValueError):
    """A configuration that cannot be counted; the message names the field and what to do."""

    sentences: ClassVar[Mapping[str, str]] = SENTENCES

    def __init__(
        self, sentence: str, key: str = "", values: Mapping[str, Any] | None = None
    ) -> None:
        too_long = len(sentence) > LONGEST_SENTENCE
        cut = sentence[: LONGEST_SENTENCE - 1] + "…" if too_long else sentence
        super().__init__(cut, key, values)


def shown(value: Any) -> str:
    """A value of the file as a sentence can quote it."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)[: MOST_SHOWN + 1]
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def fields_of(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """What is in a file, its text, or what was read from it.

    Raises:
        ConfigError: it is not JSON, no object, or holds sizes that cannot be.
    """
    if isinstance(source, Mapping):
        # as a file would have it: keys are words, and no two of its parts are the caller's own
        fields = json.loads(json.dumps(dict(source), default=str))
    else:
        fields = _parsed(_text(source))
    for part in _objects(fields):
        for field, value in part.items():
            _check(field, value)
    return fields


def _text(source: str | Path) -> str:
    text = source
    if isinstance(source, Path):
        try:
            text = source.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError.of("unreadable", path=str(source), reason=str(error)) from None
    if len(str(text)) > MAX_CHARACTERS:
        raise ConfigError.of("too_long", most=MAX_CHARACTERS)
    return str(text)


def _parsed(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ConfigError.of("not_json_from", line=error.lineno) from None
    except (ValueError, RecursionError):
        raise ConfigError.of("not_json") from None
    if not isinstance(fields, dict):
        raise ConfigError.of("no_object")
    return fields


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, itself included: without recursion, however deep it goes."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += [part for part in one if isinstance(part, (dict, list))]


def _check(field: str, value: Any) -> None:
    """transformers makes lists as long as such a number says: an absurd one never gets there."""
    if type(value) is not int:
        return
    most = LIMITS.get(OLD_NAMES.get(field, field), MOST_COUNTED if COUNTS.search(field) else None)
    if most is not None and not -most <= value <= most:
        raise ConfigError.of("too_large", field=shown(field), value=shown(value), most=most)


def check_types(fields: Mapping[str, Any]) -> None:
    """Of the part that writes text: sizes are whole numbers, kinds of layers are words.

    Raises:
        ConfigError: it names the field.
    """
    for field, value in fields.items():
        words = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if field in LISTS and value is not None and not words:
            raise ConfigError.of("not_words", field=field)
        known = OLD_NAMES.get(field, field)
        if known not in LIMITS or value is None:
            continue
        if type(value) is not int:
            raise ConfigError.of("not_whole", field=field, value=shown(value))
        least = 0 if known in MAY_BE_ZERO else 1
        if not least <= value <= LIMITS[known]:
            raise ConfigError.of(
                "not_between", field=field, value=value, least=least, most=LIMITS[known]
            )
