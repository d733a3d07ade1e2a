"""As many patterns as DeepSeek-R1 has heads, all computed: a sense of its size, not its patterns.

R1 itself cannot be had here. What can: every head of our small models, on many texts.
"""

from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mla_core.arithmetic.architectures.published import PUBLISHED
from mla_core.models.locate import EMBEDDED
from mla_core.records import storage

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine

R1 = PUBLISHED["DeepSeek-V3 / R1"]
LAYERS, HEADS = R1.num_hidden_layers, R1.layers[0][1].heads  # 61 x 128 = 7,808
TOKENS = 10  # of each text, its start token included: as many as the video's sentence


@dataclass(frozen=True, eq=False)
class Crowd:
    """7,808 patterns in 61 rows and 128 columns; deeper layers lie lower.

    Attributes:
        models: names.
        texts: the tokens of each text.
        index: (tiles, 4) uint8: model, text, layer, head of each tile, row after row.
        packed: (tiles, n (n + 1) / 2) uint8: the lower triangle of each pattern, of 255.
        device, dtype: where and in which precision.
    """

    models: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    index: np.ndarray
    packed: np.ndarray
    device: str
    dtype: str

    @property
    def nbytes(self) -> int:
        return int(self.packed.nbytes + self.index.nbytes)

    def shares(self) -> tuple[float, float, float]:
        """What a token gives, on average over all tiles, to the first token, itself, the one before."""
        rows, columns = np.tril_indices(TOKENS)
        later = rows > 1  # the others have hardly a choice
        weights = self.packed / 255
        picked = (columns == 0, columns == rows, columns == rows - 1)
        first, own, before = (float(weights[:, later & which].mean()) for which in picked)
        return first, own, before

    def save(self, path: str | Path | BufferedIOBase) -> None:
        """Writes one compressed .npz without pickles."""
        about = {name: getattr(self, name) for name in ("models", "texts", "device", "dtype")}
        storage.write(path, about, {"index": self.index, "packed": self.packed})

    @classmethod
    def load(cls, path: str | Path) -> "Crowd":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Crowd:
            texts = tuple(map(tuple, about["texts"]))
            return cls(
                tuple(about["models"]),
                texts,
                device=about["device"],
                dtype=about["dtype"],
                **arrays,
            )

        return storage.read(path, make)


@dataclass(frozen=True)
class Assemble:
    """Runs every embedded model on as many held-out texts as 7,808 patterns need."""

    patient: ClassVar[bool] = True

    def compute(self, engine: "Engine") -> Crowd:
        from mla_core.experiments.latent_compression.compression import held_out_texts
        from mla_core.inference.tracing import encode_prompt, trace_ids

        models = [engine.model(name) for name in EMBEDDED]
        first = models[0].config
        layers, heads = first.num_hidden_layers, first.num_attention_heads
        rows = np.arange(LAYERS) * layers // LAYERS  # our layer in each row of the wall
        deepest = max(np.bincount(rows)) * HEADS
        count = -(-deepest // (heads * len(models)))
        texts: list[tuple[str, ...]] = []
        packed: list[np.ndarray] = []
        lower = np.tril_indices(TOKENS)
        for text in held_out_texts(8 * count):
            ids = encode_prompt(models[0], text, bos=True)[:TOKENS]
            if len(ids) < TOKENS or len(texts) == count:
                continue
            for model in models:
                engine.give_way()
                seen = trace_ids(model, ids, has_bos=True, record=("pattern",))
                packed.append(np.rint(255 * seen.pattern[..., *lower]).astype(np.uint8))
            texts.append(seen.tokens)
        # text, model, layer, head -> for each layer a queue of tiles, its heads side by side
        everything = np.stack(packed).reshape(count, len(models), layers, heads, -1)
        place = np.indices(everything.shape[:4]).reshape(4, -1)
        index, tiles = [], []
        for layer in range(layers):
            wanted = int(np.count_nonzero(rows == layer)) * HEADS
            own = np.flatnonzero(place[2] == layer)[:wanted]
            text_, model_, layer_, head_ = place[:, own]
            index.append(np.stack([model_, text_, layer_, head_], axis=1))
            tiles.append(everything.reshape(-1, len(lower[0]))[own])
        return Crowd(
            EMBEDDED, tuple(texts), np.concatenate(index).astype(np.uint8), np.concatenate(tiles),
            device=seen.device, dtype=seen.dtype,
        )  # fmt: skip
