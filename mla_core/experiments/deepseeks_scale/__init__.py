"""At DeepSeek's scale: as many patterns as R1 has heads, and models of the reader's own.

R1 itself cannot be had here. What can: every head of our small models, on many texts; a sense of its
size, not its patterns.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mla_core.arithmetic.architectures.published import PUBLISHED
from mla_core.arithmetic.architectures.reading import Read
from mla_core.experiments import Job
from mla_core.records.record import Record

R1 = PUBLISHED["DeepSeek-V3 / R1"]
LAYERS, HEADS = R1.num_hidden_layers, R1.layers[0][1].heads  # 61 x 128 = 7,808
TOKENS = 10  # of each text, its start token included: as many as the video's sentence


@dataclass(frozen=True, eq=False)
class PatternWall(Record):
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

    def shares(self) -> tuple[float, float, float]:
        """What a token gives, on average over all tiles, to the first token, itself, the one before."""
        rows, columns = np.tril_indices(TOKENS)
        later = rows > 1  # the others have hardly a choice
        weights = self.packed / 255
        picked = (columns == 0, columns == rows, columns == rows - 1)
        first, own, before = (float(weights[:, later & which].mean()) for which in picked)
        return first, own, before


@dataclass(frozen=True)
class Assemble(Job[PatternWall]):
    """Runs every embedded model on as many held-out texts as 7,808 patterns need."""

    patient: ClassVar[bool] = True


@dataclass(frozen=True)
class ReadConfig(Job[Read]):
    """The text of a `config.json`; a bad one raises `ConfigError`, a sentence."""

    text: str
    name: str
