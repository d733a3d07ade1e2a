"""The pool of models: opened once, with their conversions, calibrations and baselines."""

import gc
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Set
from typing import TYPE_CHECKING, TypeVar

from mla_core.models.chat import ChatTokenizer, chatting, plain
from mla_core.models.hub import LARGE
from mla_core.models.locate import Conversion, locate

if TYPE_CHECKING:
    from mla_core.convert import Calibration
    from mla_core.inference.tracing import Traceable
    from mla_core.models.language_model import LanguageModel

T = TypeVar("T")
KEPT_TEXTS = 64  # of readers, to calibrate on
CALIBRATIONS = 4  # kept, the latest first: GPT-2's takes 0.3 GB
CONVERTED = 8  # models kept: they share all but their attention with the original


class NotNow(Exception):
    """A large model that a paused job holds would have to make room first."""


class NotCalibrated(Exception):
    """A conversion needs a calibration that is not there."""

    def __init__(self, model: str, text: str) -> None:
        super().__init__(model, text)
        self.model, self.text = model, text


class ModelPool:
    """What lies in memory by its name; used by the engine's worker alone, but for `is_open`."""

    def __init__(self) -> None:
        self._models: dict[str, LanguageModel] = {}
        self._converted: OrderedDict[str, LanguageModel] = OrderedDict()
        self._calibrations: OrderedDict[tuple[str, str], Calibration] = OrderedDict()
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._baselines: dict[str, Traceable] = {}

    def is_open(self, name: str) -> bool:
        """Whether a model lies in memory already."""
        return name in self._models

    @property
    def ready(self) -> bool:
        """Whether a model is open, so that an answer takes moments, not seconds."""
        return bool(self._models)

    def model(self, name: str, held: Set[str] = frozenset()) -> "LanguageModel":
        """An open model, or a conversion of one.

        Args:
            held: models that paused jobs are in the middle of.

        Raises:
            NotNow: it is a large one, and one that is held would have to go for it.
            NotCalibrated: it is a conversion of a model that was not calibrated yet.
            CheckpointError: it cannot be opened.
        """
        conversion = Conversion.parse(name)
        if conversion is not None:
            return self._convert(conversion)
        if name not in self._models:
            from mla_core.models.checkpoint import load_model
            from mla_core.models.devices import leave_a_core

            leave_a_core()
            base = plain(name)
            if base == name:
                self._drop_large(name, held)
                self._models[name] = load_model(name)
                freeze()
            else:
                tokenizer = ChatTokenizer.from_directory(locate(base))
                self._models[name] = chatting(self.model(base, held), tokenizer)
        return self._models[name]

    def _drop_large(self, name: str, held: Set[str]) -> None:
        """One large model at a time: the next one needs the memory of the last."""
        if name not in LARGE:
            return
        left = [other for other in self._models if plain(other) in LARGE]
        if any(plain(other) in LARGE for other in held):
            raise NotNow
        for other in left:
            del self._models[other]
        if left:
            import torch

            gc.unfreeze()
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def baseline(self, name: str) -> "Traceable":
        """GPT-2 through TransformerLens."""
        from mla_core.inference.baseline import baseline

        if name not in self._baselines:
            self._baselines[name] = baseline(name)
            freeze()
        return self._baselines[name]

    def keep_text(self, text: str) -> str:
        """Keeps a reader's calibration text; returns its key for a `Conversion`."""
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._texts[key] = text
        _bounded(self._texts, key, KEPT_TEXTS)
        return key

    def calibration(self, name: str, text: str = "") -> "Calibration":
        """One that was made.

        Raises:
            NotCalibrated: it was not, or has made room for others since.
        """
        key = (name, text)
        if key not in self._calibrations:
            raise NotCalibrated(name, text)
        self._calibrations.move_to_end(key)
        return self._calibrations[key]

    def calibrate(
        self, name: str, text: str, progress: Callable[[int, int], None]
    ) -> "Calibration":
        """The calibration of a model on the shipped texts or a kept one, made if need be.

        Raises:
            ValueError: the text is empty, or not kept any more.
        """
        from mla_core.convert import Calibration

        key = (name, text)
        if key not in self._calibrations:
            if text and text not in self._texts:
                raise ValueError("This calibration text is not kept any more: give it again.")
            texts = [self._texts[text]] if text else None
            # readers' texts are not written to disk: there may be any number of them
            made = Calibration(self.model(name), texts, progress, keep=not text)
            self._calibrations[key] = made
            freeze()
        _bounded(self._calibrations, key, CALIBRATIONS)
        return self._calibrations[key]

    def _convert(self, conversion: Conversion) -> "LanguageModel":
        from mla_core.convert import allocate_ranks, convert_to_mla

        name = str(conversion)
        if name not in self._converted:
            calibration = self.calibration(conversion.model, conversion.text)
            rank: int | tuple[int, ...] = conversion.rank
            if conversion.layerwise:
                layers = calibration.model.config.num_hidden_layers
                rank = allocate_ranks(calibration, conversion.rank * layers)
            self._converted[name] = convert_to_mla(
                calibration.model, rank, conversion.method, calibration
            )
        _bounded(self._converted, name, CONVERTED)
        return self._converted[name]


def _bounded(
    kept: OrderedDict[str, T] | OrderedDict[tuple[str, str], T], last: object, most: int
) -> None:
    """The one just used stays longest; the oldest go."""
    kept.move_to_end(last)  # type: ignore[arg-type]
    while len(kept) > most:
        kept.popitem(last=False)


def freeze() -> None:
    """Models leave the garbage collector's sight: Streamlit collects after every script run."""
    gc.collect()
    gc.freeze()
