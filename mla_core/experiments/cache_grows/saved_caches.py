"""Computes `Kept` and `Resumed`: a cache put away as a file, and taken up again."""

import time

from mla_core.attention.cache import STORAGES
from mla_core.experiments import Models
from mla_core.experiments.cache_grows import Keep, Kept, Resume, Resumed
from mla_core.inference.cache_file import read_cache, write_cache
from mla_core.inference.decoder import Decoder

CONTINUED = 12  # tokens that a reloaded cache goes on with


def keep(asked: Keep, models: Models) -> Kept:
    """Runs the first tokens of a text that has grown, and saves what they leave."""
    ids = list(models.answer(asked.grow).trace.token_ids)[: asked.tokens]
    model = models.model(asked.grow.model)
    decoder = Decoder(model, storage=STORAGES[asked.grow.storage])
    decoder.prefill_ids(ids)
    return Kept(write_cache(decoder), len(ids))


def resume(asked: Resume, models: Models) -> Resumed:
    """Reloads a cache, compares it with the same text computed again, and goes on.

    Raises:
        CacheFileError: the file is damaged, or belongs to another model.
    """
    model = models.model(asked.model)
    begun = time.perf_counter()
    decoder = read_cache(model, asked.data)
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
    bos = decoder.token_ids[0] == model.config.bos_token_id
    pieces = model.tokenizer.pieces(decoder.token_ids[bos:])
    return Resumed(
        text="".join(pieces[: tokens - bos]),
        continued="".join(pieces[tokens - bos :]),
        tokens=tokens,
        cache_nbytes=nbytes,
        seconds=loaded - begun,
        seconds_prefill=computed - loaded,
        difference=difference,
    )
