"""Jobs for the engine: what a conversion keeps and loses, apart from any prompt.

The dataclasses are free of torch, like `Trace`; computing them is not.
"""

import dataclasses
import json
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mla_core.models.config import ModelConfig
from mla_core.models.locate import ASSETS, Conversion
from mla_core.records import storage

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine

ARRAYS = ("energy", "key_error", "value_error")
HELD_OUT_TEXTS = 24  # of assets/text/held_out.xz: what a live loss is measured on


@dataclass(frozen=True, eq=False)
class Compression:
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

    @property
    def nbytes(self) -> int:
        return self.energy.nbytes + self.key_error.nbytes + self.value_error.nbytes

    def save(self, path: Path) -> None:
        about = {
            "config": dataclasses.asdict(self.config),
            "calibration_tokens": self.calibration_tokens,
        }
        storage.write(path, about, {name: getattr(self, name) for name in ARRAYS})

    @classmethod
    def load(cls, path: Path) -> "Compression":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Compression:
            config = ModelConfig.from_dict(about["config"])
            return cls(config=config, calibration_tokens=about["calibration_tokens"], **arrays)

        return storage.read(path, make)

    def kept(self) -> np.ndarray:
        """(l,) the share of each layer's energy that its latent holds."""
        shares = self.energy.cumsum(axis=1) / self.energy.sum(axis=1, keepdims=True)
        return shares[np.arange(len(shares)), np.array(self.config.ranks) - 1]


@dataclass(frozen=True)
class Inspect:
    """Looks into the conversion that a name stands for."""

    name: str
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Compression:
        import torch

        from mla_core.convert.statistics import about

        conversion = Conversion.parse(self.name)
        if conversion is None:
            raise ValueError(f"{self.name} is not the name of a conversion, such as mini-gpt2@64")
        config = engine.model(self.name).config
        calibration = engine.calibration(conversion.model, conversion.text)
        assert config.factorisations is not None
        energy, errors = [], []
        for i, (rank, method) in enumerate(zip(config.ranks, config.factorisations, strict=True)):
            basis, stats = calibration.basis(i, method), calibration.statistics[i]
            weights = calibration.weights(i)
            energy.append(basis.energy[: config.hidden_size])
            moment = about(stats.moment, stats.mean, basis.shift)
            spread = about(stats.moment, stats.mean, stats.mean)
            for w, lift in ((weights.k, basis.lift_k), (weights.v, basis.lift_v)):
                whole = w.float()
                lost = whole - (whole @ lift[:, :rank]) @ basis.down[:rank]
                of_all = torch.einsum("gkd,de,gke->g", whole, spread, whole)
                of_lost = torch.einsum("gkd,de,gke->g", lost, moment, lost)
                errors.append((of_lost.clamp(min=0) / of_all).sqrt())
        return Compression(
            config=config,
            energy=torch.stack(energy).cpu().numpy(),
            key_error=torch.stack(errors[0::2]).cpu().numpy(),
            value_error=torch.stack(errors[1::2]).cpu().numpy(),
            calibration_tokens=calibration.tokens,
        )


@dataclass(frozen=True)
class Calibrated:
    """That a model is ready to be converted.

    Attributes:
        tokens: that it was calibrated on.
    """

    tokens: int
    nbytes: int = 64


@dataclass(frozen=True)
class Calibrate:
    """Makes a model ready: about a minute for GPT-2 on two cores, once for each machine."""

    model: str
    patient: ClassVar[bool] = True

    def compute(self, engine: "Engine") -> Calibrated:
        return Calibrated(engine.calibration(self.model).tokens)


@dataclass(frozen=True)
class Loss:
    """Nats a token of a model on the held-out texts.

    Attributes:
        nats: cross-entropy.
        tokens, texts: how much was read.
    """

    nats: float
    tokens: int
    texts: int
    nbytes: int = 64


@dataclass(frozen=True)
class MeasureLoss:
    """The loss of any model that the engine knows, on the first of the held-out texts."""

    name: str
    patient: ClassVar[bool] = True

    def compute(self, engine: "Engine") -> Loss:
        from mla_core.training.evaluate import bits_per_byte

        texts = held_out_texts(HELD_OUT_TEXTS)
        nats, tokens = 0.0, 0
        for text in texts:
            engine.give_way()
            measured = bits_per_byte(engine.model(self.name), [text])
            nats += measured["nats_per_token"] * measured["tokens"]
            tokens += int(measured["tokens"])
        return Loss(nats / tokens, tokens, len(texts))


def held_out_texts(count: int) -> Sequence[str]:
    """The first of the held-out texts under assets/text: no model of ours was trained on them."""
    with lzma.open(ASSETS / "text" / "held_out.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
