"""Jobs for the tests of the engine: what they do stands in `compute`, as for any other."""

import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mla_core.experiments import Job
from mla_core.experiments.latent_compression import Loss

GO = threading.Event()  # until then a `Piecewise` waits before its first piece
BEGUN = threading.Event()
COMPUTED: list[Job[Any]] = []  # in the order in which they ended


@dataclass(frozen=True)
class Quick(Job[Loss]):
    """Says that it was there; carries some bytes, and answers with as many texts as it is told."""

    name: str
    data: bytes = b""


@dataclass(frozen=True)
class Piecewise(Job[Loss]):
    """A long job in pieces; it looks at a model before the first and after the last."""

    name: str
    pieces: int = 1
    model: str = ""
    patient: ClassVar[bool] = True


@dataclass(frozen=True)
class Failing(Job[Loss]):
    """Opens a model and fails with it in its hands."""

    model: str


@dataclass(frozen=True)
class WithoutGradients(Job[Loss]):
    """Gives way in the middle of a run without gradients, as measurements do."""

    begun: threading.Event = field(default_factory=threading.Event, compare=False)
    go: threading.Event = field(default_factory=threading.Event, compare=False)
    patient: ClassVar[bool] = True
