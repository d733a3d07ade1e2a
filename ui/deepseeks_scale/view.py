"""What the page "At DeepSeek's scale" looks at: models, a context, a machine."""

from dataclasses import dataclass, replace

import streamlit as st

from mla_core.arithmetic.architectures import PUBLISHED, STORAGES, Architecture, Heads, Storage
from mla_core.arithmetic.roofline import GPUS, TB, TFLOP, Gpu
from ui.state import url as state
from ui.words.en import deepseeks_scale as words

R1 = "DeepSeek-V3 / R1"
CONTEXTS = tuple(2**power for power in range(10, 21))
MOST_GPUS, MOST_BATCH = 128, 1024
PLAIN = words.PLAIN.format(model=R1)


def counterfactuals() -> list[Architecture]:
    """What R1's ratios compare with: its own shape, kept in other ways."""
    model = PUBLISHED[R1]
    assert model.latent is not None
    layers = model.num_hidden_layers
    others = {
        PLAIN: model.latent.as_mha(),
        words.REBUILT.format(model=R1): model.latent.rebuilt(),
        words.GROUPED.format(model=R1): Heads(128, 8, 128),
    }
    return [
        replace(model, name=name, layers=((layers, attention),), note=words.NEVER)
        for name, attention in others.items()
    ]


def models() -> dict[str, Architecture]:
    """All that can be chosen; the reader's own last."""
    found = dict(PUBLISHED) | {model.name: model for model in counterfactuals()}
    own: Architecture | None = st.session_state.get("own_architecture")
    if own is not None:
        found[own.name] = own
    return found


@dataclass(frozen=True)
class Scale:
    """What a link to the page says."""

    part: str
    first: Architecture
    second: Architecture
    context: int
    batch: int
    storage_name: str
    weights_name: str
    gpu_name: str
    count: int
    gpu: Gpu

    @property
    def pair(self) -> tuple[Architecture, Architecture]:
        return self.first, self.second

    @property
    def storage(self) -> Storage:
        return STORAGES[self.storage_name]

    @property
    def weight_bytes(self) -> float:
        return words.WEIGHT_BYTES[self.weights_name]

    @property
    def machine(self) -> Gpu:
        """All its GPUs together."""
        return self.gpu.times(self.count)

    @property
    def machine_name(self) -> str:
        return f"{self.count} × {self.gpu_name}"


def current() -> Scale:
    """What the URL asks for; what it says wrongly falls back to the default."""
    known = models()
    gpu_name = state.asked("gpu", GPUS)
    gpu = GPUS[gpu_name]
    return Scale(
        part=state.asked("part", words.PARTS),
        first=known[state.asked("first", known, R1)],
        second=known[state.asked("second", known, PLAIN)],
        context=state.asked_number("context", min(CONTEXTS), max(CONTEXTS), 32_768),
        batch=state.asked_number("batch", 1, MOST_BATCH, 1),
        storage_name=state.asked("numbers", STORAGES, "bfloat16"),
        weights_name=state.asked("weights", words.WEIGHT_BYTES, "float8"),
        gpu_name=gpu_name,
        count=state.asked_number("gpus", 1, MOST_GPUS, 8),
        gpu=replace(
            gpu,
            bandwidth=state.asked_number("bandwidth", 1, 100_000, round(gpu.bandwidth / TB * 1000))
            * TB
            / 1000,
            flops=state.asked_number("tflops", 1, 1_000_000, round(gpu.flops / TFLOP)) * TFLOP,
        ),
    )
