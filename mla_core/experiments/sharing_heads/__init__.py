"""Sharing heads: what a model makes of a text, in one overview: all patterns, and what comes next."""

from dataclasses import dataclass

import numpy as np

from mla_core.experiments import Job
from mla_core.records.record import Record
from mla_core.records.trace import Trace


@dataclass(frozen=True, eq=False)
class Overview(Record):
    """One text through one model.

    Attributes:
        trace: with `pattern`.
        next_ids, next: (m,) the likeliest next tokens, the first one first.
    """

    trace: Trace
    next_ids: np.ndarray
    next: np.ndarray


@dataclass(frozen=True)
class Survey(Job[Overview]):
    """Runs a text once."""

    model: str
    prompt: str
