"""Computes a `SpeedRun` of this machine."""

from mla_core.bench import speed as bench
from mla_core.experiments import Models
from mla_core.experiments.speed import Measure, SpeedRun
from mla_core.models.devices import leave_a_core


def measure_here(_asked: Measure, models: Models) -> SpeedRun:
    """Tells how far it is after each result; who stops it keeps what was told."""
    leave_a_core()
    plan = bench.plan_for_here(live=True)
    run = None
    for done, run in enumerate(bench.measure(plan, models.give_way)):
        models.tell(done, len(plan), run)
    assert run is not None
    return run


COMPUTE = {Measure: measure_here}
