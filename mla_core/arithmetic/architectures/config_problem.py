"""What can be wrong with a `config.json`, each with the sentence that says what to do."""

from collections.abc import Mapping
from typing import ClassVar

from mla_core.records.problem import Problem


class ConfigError(Problem, ValueError):
    """A configuration that cannot be counted; the message names the field and what to do."""

    sentences: ClassVar[Mapping[str, str]] = {
        "unreadable": "{file} cannot be read: {reason}",
        "too_long": "A config.json has at most {most:,} characters here.",
        "not_json": "This is not JSON: paste the whole config.json, from its first brace to its last.",
        "not_json_at": (
            "This is not JSON (line {line}): paste the whole config.json, from its first brace to "
            "its last."
        ),
        "no_object": "A config.json holds one object: it begins with a brace.",
        "part_is_no_object": "{field} must be an object in braces.",
        "no_list": "{field} must be a list of words, one a layer.",
        "no_whole_number": "{field} must be a whole number, not {value!r}.",
        "out_of_range": "{field} is {value:,}: it must lie between {least} and {most:,}.",
        "no_model_type": "model_type is missing: it says which kind of model this is.",
        "refused": "transformers refuses this {model_type} configuration: {reason}",
        "encoder": "model_type {model_type} is an encoder and a decoder: not counted here.",
        "no_text_part": "text_config: a {model_type} model has none.",
        "no_decoder": "model_type {model_type} does not write one token after the other.",
        "missing": (
            "{field} is missing, and transformers does not know the model_type {model_type!r}: add "
            "the field."
        ),
        "unknown_layers": (
            "{field}: the layers of {model_type!r} differ in a way that is not known here."
        ),
        "unreadable_layers": "num_hidden_layers or layer_types cannot be read: {reason}",
        "no_attention": "layer_types: no layer of this model has attention.",
        "unknown_kind": "layer_types: what a layer of the kind {kind!r} keeps is not known here.",
        "short_window": (
            "sliding_window is {window}: it must hold an earlier token too, or be null."
        ),
        "window_and_latent": "sliding_window and kv_lora_rank together are not known here.",
        "no_compress_rate": "compress_rates must give a positive whole number for {kind}.",
        "uneven_heads": (
            "head_dim is missing, and hidden_size, {hidden_size}, is not a multiple of "
            "num_attention_heads, {heads}."
        ),
        "uneven_groups": (
            "num_key_value_heads is {groups}, which does not divide num_attention_heads, {heads}."
        ),
        "unknown_linear_attention": (
            "layer_types: what a linear_attention layer of {model_type!r} keeps is not known here."
        ),
        "no_size": "{field} must be a positive whole number, not {value!r}.",
    }
