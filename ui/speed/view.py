"""What the page "Speed" looks at: a part, a run, a point of it."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from mla_core.arithmetic.architectures import PUBLISHED
from mla_core.arithmetic.roofline import Share, sequences_that_fit, weights_share
from mla_core.experiments.speed.timings import ABSORBED, KINDS, OURS, STORAGE_OF, SpeedRun, Timing
from mla_core.models.locate import ASSETS
from ui import catalogue
from ui.deepseeks_scale.view import counterfactuals
from ui.speed.measuring import LIVE
from ui.state import url

GPUS = 8
BATCHES = (1, 8, 32, 128)
WEIGHT_BYTES = 1.0  # float8, as DeepSeek-V3 is published


def time_of(seconds: float) -> str:
    """1.2e-05 -> "12 µs"."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= factor:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


@cache
def recorded_run(name: str) -> SpeedRun:
    """Shipped with the app."""
    return SpeedRun.load(ASSETS / "bench" / f"speed_{name}.json")


@dataclass(frozen=True)
class Look:
    """What a link to the page says; `run` None: nothing was measured yet."""

    part: str
    run_name: str
    run: SpeedRun | None
    point: tuple[int, int]


def current() -> Look:
    """What the link asks for."""
    view = url.read("speed")
    run = LIVE.run if view.run == "live" else recorded_run(view.run)
    points = run.compared() if run is not None else []
    # the largest step that all kinds took, so that no picture opens on the cost of starting
    largest = points[-1] if points else (0, 0)
    point = view.at if view.at in points else largest
    return Look(view.speed_part, view.run, run, point)


def at(run: SpeedRun, point: tuple[int, int]) -> dict[str, Timing]:
    """The fastest way of each kind that was measured at a point."""
    found = {kind: run.fastest(kind, *point) for kind in KINDS}
    return {kind: timing for kind, timing in found.items() if timing is not None}


def others(run: SpeedRun) -> list[str]:
    """Kernels by name that ran absorbed MLA, ours first."""
    through = dict.fromkeys(t.through for t in run.timings if t.kind == ABSORBED and t.seconds)
    return sorted(through, key=lambda name: (name != OURS, name))


def interpolated(run: SpeedRun, kind: str, tokens: np.ndarray | float) -> np.ndarray:
    """Seconds of one layer's step over so many cached tokens, between the measured ones.

    Straight lines between logarithms; beyond the largest step in proportion to its tokens, below
    the smallest as long as that took.
    """
    measured: dict[int, float] = {}
    for point in run.points():
        fastest = run.fastest(kind, *point)
        if fastest is not None and fastest.seconds is not None:
            known = measured.get(fastest.tokens, np.inf)
            measured[fastest.tokens] = min(known, fastest.seconds)
    x, y = np.log(np.array([*measured.items()]).T)
    wanted = np.log(np.asarray(tokens, dtype=float))
    return np.exp(np.interp(wanted, x, y) + np.maximum(wanted - x[-1], 0))


def step_seconds(run: SpeedRun, kind: str, batch: int, context: np.ndarray | float) -> np.ndarray:
    """Of DeepSeek-V3 on `GPUS` of the machine, `batch` sequences on each: weights and attention."""
    model = PUBLISHED[catalogue.R1]
    weights = weights_share(model, WEIGHT_BYTES, GPUS * batch)
    assert isinstance(weights, Share)
    reading = float(weights.seconds(run.ceilings.times(GPUS)))
    return reading + model.num_hidden_layers * interpolated(run, kind, batch * context)


def fitting(run: SpeedRun, context: int) -> dict[str, int]:
    """Sequences a GPU for which `GPUS` of the machine have memory, beside the weights."""
    plain = counterfactuals()["r1_as_mha"]
    storage, machine = STORAGE_OF[run.dtype], run.ceilings.times(GPUS)
    return {
        kind: max(0, sequences_that_fit(model, storage, machine, context, WEIGHT_BYTES)) // GPUS
        for kind, model in (("MHA", plain), (ABSORBED, PUBLISHED[catalogue.R1]))
    }
