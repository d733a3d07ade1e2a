"""Speed: decode steps, timed on the machine that serves the pages."""

from dataclasses import dataclass
from typing import ClassVar

from mla_core.experiments import Job
from mla_core.experiments.speed.timings import SpeedRun


@dataclass(frozen=True)
class Measure(Job[SpeedRun]):
    """The benchmark, cut to the size of the machine.

    Attributes:
        number: of the run: no two are the same.
    """

    number: int
    patient: ClassVar[bool] = True
