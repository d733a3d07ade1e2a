"""A cache as a file: what a model keeps of a text, put away and taken up again.

The file is safetensors: one tensor a layer and name, in the type that the cache stores, the
logits of the next token, and in its header the text's token ids and whose cache it is.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from mla_core.records.problem import Problem

if TYPE_CHECKING:
    from mla_core.inference.decoder import Decoder
    from mla_core.models.language_model import LanguageModel


class CacheFileError(Problem, ValueError):
    """A file that is no cache of this model; the message says why."""

    sentences: ClassVar[Mapping[str, str]] = {
        "no_cache": "This file is no saved cache: choose one that this page saved.",
        "other_model": "This is a cache of {given}, not of {model}.",
        "damaged": "This cache of {model} is damaged: save it again.",
    }


def header(data: bytes) -> dict[str, str]:
    """What a cache file says of itself: `model`, `token_ids`, `forgotten`.

    Raises:
        CacheFileError: it is no cache file.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        about = json.loads(data[8 : 8 + size])["__metadata__"]
        if not {"model", "token_ids", "forgotten"} <= about.keys():
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise CacheFileError.of("no_cache") from None
    return dict(about)


def write_cache(decoder: "Decoder") -> bytes:
    """The decoder's sequence and cache as a file."""
    from safetensors.torch import save

    tensors = {
        f"{i}.{name}": layer[name].contiguous()
        for i, layer in enumerate(decoder.cache)
        for name in layer
    }
    assert decoder.logits is not None, "there is nothing to save: call prefill first"
    about = {
        "model": decoder.model.name,
        "token_ids": json.dumps(decoder.token_ids),
        "forgotten": str(decoder.cache[0].forgotten),
    }
    return save(tensors | {"logits": decoder.logits.contiguous()}, about)


def _shapes(model: "LanguageModel", held: int) -> dict[str, tuple[int, ...]]:
    """The tensors of a cache of so many tokens."""
    shapes: dict[str, tuple[int, ...]] = {"logits": (model.config.vocab_size,)}
    for i in range(model.config.num_hidden_layers):
        of_layer = model.attention(i).cache_shapes(held)
        shapes |= {f"{i}.{name}": shape for name, shape in of_layer.items()}
    return shapes


def read_cache(model: "LanguageModel", data: bytes) -> "Decoder":
    """A decoder that goes on where the saved one stood; nothing is computed again.

    Raises:
        CacheFileError: the file is damaged, or belongs to another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    from mla_core.attention.cache import STORAGES
    from mla_core.inference.decoder import Decoder

    about = header(data)
    if about["model"] != model.name:
        raise CacheFileError.of("other_model", given=about["model"], model=model.name)
    damaged = CacheFileError.of("damaged", model=model.name)
    try:
        ids, forgotten = json.loads(about["token_ids"]), int(about["forgotten"])
        tensors = load(data)
    except (ValueError, SafetensorError):
        raise damaged from None
    words = range(model.config.vocab_size)
    if not isinstance(ids, list) or not all(type(i) is int and i in words for i in ids):
        raise damaged
    held = len(ids) - forgotten
    types = {x.dtype for name, x in tensors.items() if name != "logits"}
    fits = held > 0 and forgotten >= 0 and len(ids) <= model.config.max_position_embeddings
    fits = fits and len(types) == 1 and types <= set(STORAGES.values())
    if not fits or {n: tuple(x.shape) for n, x in tensors.items()} != _shapes(model, held):
        raise damaged
    decoder = Decoder(model, storage=types.pop())
    decoder.token_ids = ids
    decoder.logits = tensors["logits"].float().to(model.device)
    for i, layer in enumerate(decoder.cache):
        layer.fill(
            forgotten,
            **{
                name: tensors[f"{i}.{name}"].to(model.device)
                for name in ("k", "v", "c_kv", "k_rope")
                if f"{i}.{name}" in tensors
            },
        )
    return decoder
