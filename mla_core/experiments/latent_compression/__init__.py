"""Latent compression: what a conversion keeps and loses, on a text and apart from any."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mla_core.experiments import Job
from mla_core.models.config import ModelConfig
from mla_core.records.record import Record
from mla_core.records.trace import Trace

HELD_OUT_TEXTS = 24  # of assets/text/held_out.xz: what a live loss is measured on


@dataclass(frozen=True, eq=False)
class Compression(Record):
    """One conversion, layer by layer.

    Attributes:
        config: of the converted model: its ranks, and each layer's method.
        energy: (l, d) what each direction is worth by the layer's method, the best first.
        key_error, value_error: (l, g) for each head the share of its keys or values that is lost:
            root mean square over the calibration tokens, over their spread.
        calibration_tokens: how many of them.
    """

    config: ModelConfig
    energy: np.ndarray
    key_error: np.ndarray
    value_error: np.ndarray
    calibration_tokens: int

    def kept(self) -> np.ndarray:
        """(l,) the share of each layer's energy that its latent holds."""
        shares = self.energy.cumsum(axis=1) / self.energy.sum(axis=1, keepdims=True)
        return shares[np.arange(len(shares)), np.array(self.config.ranks) - 1]


@dataclass(frozen=True)
class Inspect(Job[Compression]):
    """Looks into the conversion that a name stands for."""

    name: str


@dataclass(frozen=True, eq=False)
class Comparison(Record):
    """A conversion beside its original, on one text.

    Attributes:
        trace: of the conversion: `pattern` and `c_kv`.
        kl: (s,) nats of KL(original | conversion) after each token.
        next_ids: (m,) the tokens that either finds likeliest after the text.
        next_before, next_after: (m,) their probabilities.
    """

    trace: Trace
    kl: np.ndarray
    next_ids: np.ndarray
    next_before: np.ndarray
    next_after: np.ndarray


@dataclass(frozen=True)
class Compare(Job[Comparison]):
    """Runs one text through a conversion and its original."""

    name: str
    prompt: str


@dataclass(frozen=True, eq=False)
class Calibrated(Record):
    """That a model is ready to be converted.

    Attributes:
        tokens: that it was calibrated on.
    """

    tokens: int


@dataclass(frozen=True)
class Calibrate(Job[Calibrated]):
    """Makes a model ready: about a minute for GPT-2 on two cores, once for each machine.

    Attributes:
        text: key of a reader's own text that the engine keeps; empty: the shipped ones.
    """

    model: str
    text: str = ""
    patient: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Loss(Record):
    """Nats a token of a model on the held-out texts.

    Attributes:
        nats: cross-entropy.
        tokens, texts: how much was read.
    """

    nats: float
    tokens: int
    texts: int


@dataclass(frozen=True)
class MeasureLoss(Job[Loss]):
    """The loss of any model that the engine knows, on the first of the held-out texts."""

    name: str
    patient: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Descent(Record):
    """What fails first when the latent of a model shrinks, for one text.

    Attributes:
        head_rank, head, moved: the largest tried rank at which a head has lost its place, the head
            that moved most there, and by how much; None if none has at the smallest.
        token_rank, position, was, became: the largest tried rank at which the likeliest next token
            changed somewhere, the last such position, and how; None if it does at none.
        ranks: all that were tried, falling.
    """

    head_rank: int | None
    head: tuple[int, int] | None
    moved: float
    token_rank: int | None
    position: int | None
    was: int | None
    became: int | None
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class Descend(Job[Descent]):
    """Runs one text through conversions of falling rank."""

    model: str
    prompt: str
    method: str = "auto"
    layerwise: bool = False
    text: str = ""
    patient: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Facts(Record):
    """Largest differences in float32, each of which would be 0 with exact numbers.

    Attributes:
        key_bias: of any attention weight, when all key biases are dropped.
        value_bias: of any logit, when all value biases are folded into W_O's bias.
        full_rank: of any logit, when the latent is as wide as the model (rank d).
        absorbed: of any logit, between the naive and the absorbed path at rank d.
        largest_logit: to compare the three above with.
    """

    key_bias: float
    value_bias: float
    full_rank: float
    absorbed: float
    largest_logit: float


@dataclass(frozen=True)
class Prove(Job[Facts]):
    """Measures the facts on a text, for a gpt2."""

    model: str
    prompt: str
    patient: ClassVar[bool] = True
