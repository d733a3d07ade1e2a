"""Every head: how much each matters for the next token (take its output away and look again)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mla_core.experiments import Job
from mla_core.records.record import Record


@dataclass(frozen=True, eq=False)
class Ablation(Record):
    """What each head does for the likeliest next token of a text.

    Attributes:
        token_id: that token.
        probability: of it, with all heads.
        change: (l, h) how much its probability changes without one head.
    """

    token_id: int
    probability: float
    change: np.ndarray


@dataclass(frozen=True)
class Ablate(Job[Ablation]):
    """Zero ablation of each head in turn: its rows before W_O are set to 0, nothing else."""

    model: str
    prompt: str
    patient: ClassVar[bool] = True
