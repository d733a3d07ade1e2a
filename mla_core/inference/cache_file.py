"""A cache as a file: what a model keeps of a text, put away and taken up again.

The file is safetensors: one tensor a layer and name, in the type that the cache stores, the
logits of the next token, and in its header the text's token ids and whose cache it is.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mla_core.experiments.cache_grows.growth import Grow

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine
    from mla_core.inference.decoder import Decoder
    from mla_core.models.language_model import LanguageModel

CONTINUED = 12  # tokens that a reloaded cache goes on with


class CacheFileError(ValueError):
    """A file that is no cache of this model; the message says why."""


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
        raise CacheFileError(
            "This file is no saved cache: choose one that this page saved."
        ) from None
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

    from mla_core.experiments.cache_grows.compute import STORAGE
    from mla_core.inference.decoder import Decoder

    about = header(data)
    if about["model"] != model.name:
        raise CacheFileError(f"This is a cache of {about['model']}, not of {model.name}.")
    damaged = CacheFileError(f"This cache of {model.name} is damaged: save it again.")
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
    fits = fits and len(types) == 1 and types <= set(STORAGE.values())
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


@dataclass(frozen=True)
class Kept:
    """A cache file, and how many tokens it holds."""

    data: bytes
    tokens: int

    @property
    def nbytes(self) -> int:
        return len(self.data)


@dataclass(frozen=True)
class Keep:
    """Saves the cache of a growing text as it is after `tokens` tokens."""

    grow: Grow
    tokens: int
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Kept:
        from mla_core.experiments.cache_grows.compute import STORAGE
        from mla_core.inference.decoder import Decoder

        ids = list(engine.answer(self.grow).trace.token_ids)[: self.tokens]
        model = engine.model(self.grow.model)
        decoder = Decoder(model, storage=STORAGE[self.grow.storage])
        decoder.prefill_ids(ids)
        return Kept(write_cache(decoder), len(ids))


@dataclass(frozen=True)
class Resumed:
    """What became of a reloaded cache.

    Attributes:
        tokens: how many it holds; `text` they are, `continued` is what came after them.
        cache_nbytes: bytes it holds.
        seconds, seconds_prefill: to reload it, and to compute the same text again.
        difference: largest difference of the next token's logits to those of that computation.
    """

    text: str
    continued: str
    tokens: int
    cache_nbytes: int
    seconds: float
    seconds_prefill: float
    difference: float

    @property
    def nbytes(self) -> int:
        return len(self.text) + len(self.continued)


@dataclass(frozen=True)
class Resume:
    """Reloads a cache file and goes on from it."""

    model: str
    data: bytes
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Resumed:
        import time

        from mla_core.inference.decoder import Decoder

        model = engine.model(self.model)
        begun = time.perf_counter()
        decoder = read_cache(model, self.data)
        loaded = time.perf_counter()
        again = Decoder(model)
        again.prefill_ids(decoder.token_ids)
        computed = time.perf_counter()
        assert decoder.logits is not None and again.logits is not None
        difference = (decoder.logits - again.logits).abs().max().item()
        tokens, nbytes = len(decoder.token_ids), decoder.cache.nbytes
        room = model.config.max_position_embeddings - tokens
        for _ in range(min(CONTINUED, room)):
            decoder.step()
        bos = (
            model.config.bos_token_id is not None
            and decoder.token_ids[0] == model.config.bos_token_id
        )
        return Resumed(
            text=model.tokenizer.decode(decoder.token_ids[bos:tokens]),
            continued=model.tokenizer.decode(decoder.token_ids[tokens:]),
            tokens=tokens,
            cache_nbytes=nbytes,
            seconds=loaded - begun,
            seconds_prefill=computed - loaded,
            difference=difference,
        )
