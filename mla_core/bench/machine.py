"""What a benchmark runs on: its name, its memory, its two ceilings, and how a step is timed there."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

BETWEEN = 256 * 2**20  # bytes that other steps touch before the same cache comes again: no CPU or
# GPU keeps so much near, and in a model of 61 layers no layer finds its cache there either
SECONDS = 0.4  # that one timing may take beside its warm-up
MOST, FEWEST = 31, 3  # repeats

Run = Callable[[], object]


def device() -> torch.device:
    """One GPU where there are several: what is measured is one."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())


def dtype() -> torch.dtype:
    """What models are served in: bfloat16 on a GPU, float32 on a CPU."""
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def name() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{_processor()}, {torch.get_num_threads()} of {os.cpu_count()} cores"


def _processor() -> str:
    """As the system calls it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.split(": ")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions() -> str:
    found = f"Python {platform.python_version()}, torch {torch.__version__}"
    try:
        import triton
    except ImportError:
        return found
    return f"{found}, triton {triton.__version__}"


def seconds_of(runs: Sequence[Run], between: Run) -> float:
    """The median of one call, the runs taken in turn after an untimed round.

    Args:
        runs: the same step on caches of its own each.
        between: called between the calls, untimed; what it raises ends the timing.
    """
    for run in runs:
        between()
        run()
    _synchronize()
    times: list[float] = []
    while len(times) < FEWEST or (sum(times) < SECONDS and len(times) < MOST):
        between()
        begun = time.perf_counter()
        runs[len(times) % len(runs)]()
        _synchronize()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def seconds_of_graph(runs: Sequence[Run]) -> float:
    """The median of one call when all are replayed as one CUDA graph: no launch is waited for."""
    torch.cuda.synchronize()  # the other stream would not wait for what fills the caches
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):  # capturing needs a warm-up outside the default stream
        for run in runs:
            run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for run in runs:
            run()
    graph.replay()
    times: list[float] = []
    while len(times) < FEWEST or (sum(times) < SECONDS / len(runs) and len(times) < MOST):
        begun, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begun.record()
        graph.replay()
        ended.record()
        torch.cuda.synchronize()
        times.append(begun.elapsed_time(ended) / 1e3 / len(runs))
    return statistics.median(times)


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def ceilings(between: Run) -> tuple[float, float]:
    """(bytes a second of a large copy, FLOP a second of a large product) of this device."""
    count, side = (2**30, 8192) if torch.cuda.is_available() else (2**26, 1536)
    source = torch.randn(count, device=device(), dtype=dtype())
    target = torch.empty_like(source)
    copy = 2 * source.nbytes / seconds_of([lambda: target.copy_(source)], between)
    a, b = (torch.randn(side, side, device=device(), dtype=dtype()) for _ in range(2))
    matmul = 2 * side**3 / seconds_of([lambda: a @ b], between)
    return copy, matmul
