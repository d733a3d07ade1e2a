"""A GPU's memory as a frame, true to area: the weights of a model, and every sequence beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import Any

from ui.components import component
from ui.components.exports import as_csv
from ui.figures import palette
from ui.words.en import deepseeks_scale as words

mount = component("gpu_memory")
WIDTH, HEIGHT = 640.0, 400.0  # of a frame, in units of its own
MOST_BLOCKS = 4_000
GB = 1e9


@dataclass(frozen=True)
class Frame:
    """One model in a GPU's memory, all in bytes; `weights` None where nobody says."""

    model: str
    colour: str
    memory: float
    weights: float | None
    cache: float
    count: int  # of sequences; -1: not even the weights fit


@dataclass(frozen=True)
class Blocks:
    """`count` blocks beside `left`, column after column, `rows` in each."""

    left: float
    width: float
    height: float
    rows: int
    count: int

    def places(self) -> list[tuple[float, float]]:
        """Left and top of each."""
        return [
            (self.left + i // self.rows * self.width, i % self.rows * self.height)
            for i in range(self.count)
        ]


def blocks(frame: Frame) -> Blocks:
    """Where the sequences lie: each true to area, inside the frame, as square as may be."""
    left = WIDTH * min((frame.weights or 0) / frame.memory, 1)
    if frame.count <= 0:
        return Blocks(WIDTH if frame.count else left, 0, 0, 1, 0)
    area = WIDTH * HEIGHT * frame.cache / frame.memory
    if frame.count > MOST_BLOCKS:
        return Blocks(left, area * frame.count / HEIGHT, HEIGHT, 1, 1)
    likely = max(1, round(HEIGHT / sqrt(area)))
    fitting = [
        rows for rows in range(1, min(frame.count, 4 * likely) + 1)
        if ceil(frame.count / rows) * area * rows / HEIGHT <= (WIDTH - left) * (1 + 1e-9)
    ]  # fmt: skip
    rows = min(fitting, key=lambda n: abs(log(area * n * n / HEIGHT**2)))
    return Blocks(left, area * rows / HEIGHT, HEIGHT / rows, rows, frame.count)


def gpu_memory(frames: Sequence[Frame], *, tokens: int, alt: str) -> None:
    """Draws them side by side, or below each other where there is no room; each with its exports."""
    mount(
        key="gpu_memory",
        data={"frames": [_drawn(f, tokens, alt) for f in frames], "words": words.EXPORT},
    )


def _drawn(frame: Frame, tokens: int, alt: str) -> dict[str, Any]:
    placed = blocks(frame)
    if frame.weights is None:
        weights = words.MEMORY_UNKNOWN
    else:
        weights = words.MEMORY_WEIGHTS.format(gb=frame.weights / GB)
    counted = words.MEMORY_COUNT.format(count=frame.count, tokens=tokens)
    return {
        "model": frame.model,
        "counted": words.MEMORY_NONE if frame.count < 0 else counted,
        "colour": frame.colour,
        "grey": palette.NEUTRAL,
        "size": [WIDTH, HEIGHT],
        "left": placed.left,
        "block": [placed.width, placed.height],
        "rows": placed.rows,
        "count": placed.count,
        "solid": frame.count > MOST_BLOCKS,
        "weights": weights,
        "told": words.MEMORY_BLOCK.format(tokens=tokens, gb=frame.cache / GB),
        "alt": alt,
        "csv": as_csv(
            [
                ["model", "memory B", "weights B", "cache B a sequence", "sequences"],
                [frame.model, frame.memory, frame.weights, frame.cache, frame.count],
            ]
        ),
    }
