"""Computes a `PatternWall`, and reads configurations: transformers brings torch along."""

import numpy as np

from mla_core.arithmetic.architectures.hugging_face import from_config
from mla_core.arithmetic.architectures.reading import Read
from mla_core.experiments import Models
from mla_core.experiments.deepseeks_scale import (
    HEADS,
    LAYERS,
    TOKENS,
    Assemble,
    PatternWall,
    ReadConfig,
)
from mla_core.inference.tracing import encode_prompt, trace_ids
from mla_core.models.locate import EMBEDDED
from mla_core.training.texts import held_out_texts


def assemble(_asked: Assemble, models: Models) -> PatternWall:
    """Layer by layer, deeper ones lower, the heads of one model side by side."""
    opened = [models.model(name) for name in EMBEDDED]
    first = opened[0].config
    layers, heads = first.num_hidden_layers, first.num_attention_heads
    rows = np.arange(LAYERS) * layers // LAYERS  # our layer in each row of the wall
    deepest = max(np.bincount(rows)) * HEADS
    count = -(-deepest // (heads * len(opened)))
    texts: list[tuple[str, ...]] = []
    packed: list[np.ndarray] = []
    lower = np.tril_indices(TOKENS)
    for text in held_out_texts(8 * count):
        ids = encode_prompt(opened[0], text, bos=True)[:TOKENS]
        if len(ids) < TOKENS or len(texts) == count:
            continue
        for model in opened:
            models.give_way()
            seen = trace_ids(model, ids, has_bos=True, record=("pattern",))
            packed.append(np.rint(255 * seen.pattern[..., *lower]).astype(np.uint8))
        texts.append(seen.tokens)
    # text, model, layer, head -> for each layer a queue of tiles, its heads side by side
    everything = np.stack(packed).reshape(count, len(opened), layers, heads, -1)
    place = np.indices(everything.shape[:4]).reshape(4, -1)
    index, tiles = [], []
    for layer in range(layers):
        wanted = int(np.count_nonzero(rows == layer)) * HEADS
        own = np.flatnonzero(place[2] == layer)[:wanted]
        text_, model_, layer_, head_ = place[:, own]
        index.append(np.stack([model_, text_, layer_, head_], axis=1))
        tiles.append(everything.reshape(-1, len(lower[0]))[own])
    return PatternWall(
        EMBEDDED, tuple(texts), np.concatenate(index).astype(np.uint8), np.concatenate(tiles),
        device=seen.device, dtype=seen.dtype,
    )  # fmt: skip


def read_config(asked: ReadConfig, _models: Models) -> Read:
    return from_config(asked.text, asked.name)


COMPUTE = {Assemble: assemble, ReadConfig: read_config}
