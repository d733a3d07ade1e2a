"""Decode steps as they were timed: one attention layer of DeepSeek-V3's shape, and whole models.

`mla_core.bench.speed` makes them.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mla_core.arithmetic.architectures import STORAGES, Heads, Latent
from mla_core.arithmetic.architectures.attention import Attention, Storage
from mla_core.arithmetic.formula import Formula
from mla_core.arithmetic.roofline import Gpu, Share
from mla_core.records.record import Record

ABSORBED, NAIVE = "MLA absorbed", "MLA rebuilt"
LATENT = Latent(128, 512, 64, 128, 128)  # DeepSeek-V3
KINDS: dict[str, Attention] = {
    "MHA": Heads(128, 128, 128),
    "GQA-8": Heads(128, 8, 128),
    "MQA": Heads(128, 1, 128),
    NAIVE: LATENT,
    ABSORBED: LATENT,
}
STORAGE_OF = {"bfloat16": STORAGES["bfloat16"], "float32": STORAGES["float32"]}
OURS, PRODUCTS, SDPA = "our kernel", "matrix products", "torch SDPA"


def work(kind: str, batch: int, context: int, dtype: str) -> Share:
    """What a step must at least read and write, and multiply.

    From the query to the weighted sum; for rebuilt MLA with its up-projections (equations 10 and
    11), whose results are written and read back.
    """
    attention, storage = KINDS[kind], STORAGE_OF[dtype]
    nbytes, flops = _value(attention.read(storage), context), _value(attention.flops(), context)
    if kind == NAIVE:
        rebuilt = LATENT.rebuilt()
        nbytes += 2 * _value(rebuilt.read(storage), context)
        flops = _value(rebuilt.flops(), context) + context * rebuilding_flops()
    return Share(batch * nbytes, batch * flops)


def rebuilding_flops() -> int:
    """Of one token's keys and values in one layer, from its latent."""
    per_head = LATENT.qk_nope_head_dim + LATENT.v_head_dim
    return 2 * LATENT.kv_lora_rank * LATENT.heads * per_head


def cache_bytes(kind: str, batch: int, context: int, dtype: str) -> int:
    """Of one layer."""
    storage: Storage = STORAGE_OF[dtype]
    return int(batch * _value(KINDS[kind].kept(storage), context))


def _value(expression: str, t: int) -> float:
    return float(Formula(expression, {"t": t}).value())


@dataclass(frozen=True)
class Timing:
    """One decode step of one layer.

    Attributes:
        kind: one of `KINDS`.
        through: what ran it: "torch SDPA", "matrix products", `OURS`, or another's kernel.
        seconds: the median; None where it could not run.
        seconds_launched: the same step launched from Python, where `seconds` is of a replayed
            CUDA graph.
        problem: why it could not run: a sentence.
    """

    kind: str
    through: str
    batch: int
    context: int
    seconds: float | None
    seconds_launched: float | None = None
    problem: str = ""

    @property
    def tokens(self) -> int:
        """In all caches together."""
        return self.batch * self.context


@dataclass(frozen=True)
class WholeModel:
    """One decode step of a whole model with random weights.

    Attributes:
        attention: "MHA" or "MLA".
        through: how its attention ran.
        nbytes: of its cache at `context` tokens.
    """

    attention: str
    through: str
    batch: int
    context: int
    seconds: float | None
    nbytes: int
    problem: str = ""

    @property
    def rate(self) -> float:
        """Tokens a second, all sequences together."""
        return self.batch / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class SpeedRun(Record):
    """What one machine did, and which machine it was.

    Attributes:
        copy: bytes a second of a large copy, read and written ones counted.
        matmul: FLOP a second of a large matrix product.
        memory: bytes that the device has.
        source: how the run was made: a command, or whose measurement it is.
    """

    machine: str
    versions: str
    date: str
    dtype: str
    copy: float
    matmul: float
    memory: float
    source: str
    timings: tuple[Timing, ...] = ()
    whole_model: str = ""
    whole: tuple[WholeModel, ...] = ()

    @property
    def ceilings(self) -> Gpu:
        return Gpu(self.memory, self.copy, self.matmul, self.source)

    def share(self, timing: Timing) -> Share:
        return work(timing.kind, timing.batch, timing.context, self.dtype)

    def floor(self, timing: Timing) -> float:
        """The least seconds that both ceilings allow."""
        return float(self.share(timing).seconds(self.ceilings))

    def points(self) -> list[tuple[int, int]]:
        """(batch, context), the fewest tokens first."""
        return sorted({(t.batch, t.context) for t in self.timings}, key=lambda p: (p[0] * p[1], p))

    def compared(self) -> list[tuple[int, int]]:
        """The points at which both MHA and absorbed MLA ran."""
        return [p for p in self.points() if self.fastest("MHA", *p) and self.fastest(ABSORBED, *p)]

    def fastest(self, kind: str, batch: int, context: int) -> Timing | None:
        """Of all ways that ran this kind at this point."""
        ran = [
            t
            for t in self.timings
            if (t.kind, t.batch, t.context) == (kind, batch, context) and t.seconds is not None
        ]
        return min(ran, key=lambda t: t.seconds or 0.0, default=None)

    def save(self, path: Path) -> None:  # type: ignore[override]
        """Writes JSON: a run is a page of text, and is read by people too."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "SpeedRun":  # type: ignore[override]
        """Reads what `save` wrote."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        raw["timings"] = tuple(Timing(**timing) for timing in raw["timings"])
        raw["whole"] = tuple(WholeModel(**whole) for whole in raw["whole"])
        return cls(**raw)

    def with_(self, result: Timing | WholeModel) -> "SpeedRun":
        """This run, and one result more."""
        if isinstance(result, Timing):
            return replace(self, timings=(*self.timings, result))
        return replace(self, whole=(*self.whole, result))
