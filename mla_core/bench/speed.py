"""`python -m mla_core.bench speed`: how long a decode step takes, and what bounds it, on this machine.

One attention layer of DeepSeek-V3's shape over batch and context in every way that runs here, other
people's kernels beside ours; then a whole model. The same sweep runs live on the page "Speed".
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from mla_core.bench import machine, whole_model
from mla_core.bench.layers import ways
from mla_core.bench.machine import Run
from mla_core.experiments.speed.timings import (
    KINDS,
    OURS,
    PRODUCTS,
    SDPA,
    SpeedRun,
    Timing,
    cache_bytes,
    work,
)
from mla_core.models.devices import free_and_total

GB = 1e9
ON_GPU = (
    (1, 1024), (1, 4096), (1, 32_768), (1, 131_072), (8, 1024), (8, 8192), (8, 32_768), (32, 4096),
    (128, 1024), (128, 4096), (64, 8192), (16, 32_768),
)  # fmt: skip
ON_CPU = ((1, 256), (1, 512), (1, 1024), (1, 2048), (1, 4096), (1, 8192), (4, 2048))
OWN = (OURS, PRODUCTS, SDPA)  # others may fail in their own ways
COPIES = 16  # of a small cache, at most: see `machine.BETWEEN`


@dataclass(frozen=True)
class Plan:
    """What will be measured.

    Attributes:
        points: (batch, context) of the layer.
        layers, context: of the whole model; no layers, no model.
        room: bytes that all of it may take.
        slowest: seconds of a step, by the two ceilings, that is still run.
    """

    points: tuple[tuple[int, int], ...]
    layers: int
    context: int
    room: float
    slowest: float = 1.0

    def __len__(self) -> int:
        """Results at least: more ways of one kind are more results."""
        return len(self.points) * len(KINDS) + (3 if self.layers else 0)


def plan_for_here(*, live: bool = False) -> Plan:
    """Cut to this machine.

    Args:
        live: readers are served beside: nothing that keeps a CPU for longer than a moment.
    """
    free, _ = free_and_total(machine.device())
    if machine.device().type == "cuda":
        room = free * (1 - whole_model.RESERVE)
        return Plan(ON_GPU, whole_model.LAYERS, whole_model.CONTEXT, room)
    room = min(free / 8, 2 * GB)
    return Plan(ON_CPU, 0, 0, room, slowest=0.15) if live else Plan(ON_CPU, 1, 1024, room)


@torch.inference_mode()
def measure(plan: Plan, between: Run) -> Iterator[SpeedRun]:
    """The run so far, after each result.

    Args:
        between: called between any two steps; what it raises ends the run.
    """
    copy, matmul = machine.ceilings(between)
    run = SpeedRun(
        machine=machine.name(),
        versions=machine.versions(),
        date=datetime.date.today().isoformat(),
        dtype=str(machine.dtype()).split(".")[1],
        copy=copy,
        matmul=matmul,
        memory=float(free_and_total(machine.device())[1]),
        source="Measured with python -m mla_core.bench speed",
        whole_model=whole_model.SHAPE.format(layers=plan.layers) if plan.layers else "",
    )
    yield run
    for batch, context in plan.points:
        for kind in KINDS:
            for timing in _timings(run, plan, kind, batch, context, between):
                run = run.with_(timing)
                yield run
    if plan.layers:
        for whole in whole_model.measure_whole(plan.layers, plan.context, plan.room, between):
            run = run.with_(whole)
            yield run


def _timings(
    run: SpeedRun, plan: Plan, kind: str, batch: int, context: int, between: Run
) -> Iterator[Timing]:
    """Every way to run one kind at one point; a sentence in its place where it cannot be run."""
    share = work(kind, batch, context, run.dtype)
    floor = float(share.seconds(run.ceilings))
    held = cache_bytes(kind, batch, context, run.dtype)
    needed = max(held, share.nbytes)
    problem = ""
    if needed > plan.room:
        problem = f"It needs {needed / GB:,.1f} GB; {plan.room / GB:,.1f} GB are free for this."
    elif floor > plan.slowest:
        problem = f"One step would take {floor:.2g} s or more: left out."
    if problem:
        yield Timing(kind, "", batch, context, None, problem=problem)
        return
    copies = max(1, min(COPIES, machine.BETWEEN // held))
    try:
        for through, runs in ways(kind, batch, context, copies):
            try:
                yield _timed(kind, through, batch, context, runs, between)
            except RuntimeError as error:  # the next way may run
                foreign = through not in OWN
                told = str(error).split("\n")[0] if foreign else whole_model.out_of_memory(error)
                yield Timing(kind, through, batch, context, None, problem=told)
    except RuntimeError as error:
        told = whole_model.out_of_memory(error)
        yield Timing(kind, "", batch, context, None, problem=told)
    finally:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _timed(
    kind: str, through: str, batch: int, context: int, runs: list[Run], between: Run
) -> Timing:
    seconds = machine.seconds_of(runs, between)
    if not torch.cuda.is_available():
        return Timing(kind, through, batch, context, seconds)
    return Timing(kind, through, batch, context, machine.seconds_of_graph(runs), seconds)


def bench_speed(out: Path, *, whole: bool) -> None:
    """Writes the run as JSON after every result, and prints a table."""
    plan = plan_for_here()
    if not whole:
        plan = Plan(plan.points, 0, 0, plan.room)
    with tqdm(total=len(plan), unit="result") as bar:
        for run in measure(plan, lambda: None):
            run.save(out)
            bar.update(bool(run.timings))
            if run.timings:
                bar.set_postfix_str(f"{run.timings[-1].kind}, {run.timings[-1].tokens:,} tokens")
    print(table(run))


def table(run: SpeedRun) -> str:
    """The run in Markdown."""
    lines = [
        f"{run.machine}, {run.versions}, {run.date}, {run.dtype}; copy {run.copy / 1e12:.3g} TB/s, "
        f"product {run.matmul / 1e12:.3g} TFLOP/s",
        "",
        "| batch x context | attention | through | us | of the floor | launched from Python, us |",
        "|---|---|---|--:|--:|--:|",
    ]
    for timing in run.timings:
        told = f"{timing.problem} | | "
        if timing.seconds is not None:
            told = f"{1e6 * timing.seconds:,.1f} | {run.floor(timing) / timing.seconds:.2f} | "
        if timing.seconds_launched is not None:
            told += f"{1e6 * timing.seconds_launched:,.1f}"
        place = f"{timing.batch} x {timing.context:,}"
        lines.append(f"| {place} | {timing.kind} | {timing.through} | {told} |")
    if run.whole:
        lines += ["", run.whole_model, ""]
        lines.append("| attention | through | batch x context | ms | tokens/s | cache, GB |")
        lines.append("|---|---|---|--:|--:|--:|")
    for whole in run.whole:
        told = f"{whole.problem} | "
        if whole.seconds is not None:
            told = f"{1e3 * whole.seconds:,.1f} | {whole.rate:,.0f}"
        place = f"{whole.batch} x {whole.context:,}"
        held = f"{whole.nbytes / GB:.1f}"
        lines.append(f"| {whole.attention} | {whole.through} | {place} | {told} | {held} |")
    return "\n".join(lines)
