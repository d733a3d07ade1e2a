"""What the page "At DeepSeek's scale" looks at: models, a context, a machine."""

from dataclasses import dataclass, replace

import streamlit as st

from mla_core.arithmetic.architectures import PUBLISHED, STORAGES, Architecture, Heads, Storage
from mla_core.arithmetic.roofline import GPUS, TB, TFLOP, Gpu
from ui import catalogue
from ui.state import url
from ui.words.en import deepseeks_scale as words

CONTEXTS = tuple(2**power for power in range(10, 21))


def counterfactuals() -> dict[str, Architecture]:
    """What R1's ratios compare with: its own shape, kept in other ways."""
    model = PUBLISHED[catalogue.R1]
    assert model.latent is not None
    layers = model.num_hidden_layers
    caches = (model.latent.as_mha(), model.latent.rebuilt(), Heads(128, 8, 128))
    return {
        key: replace(
            model,
            name=words.COUNTERFACTUALS[key].format(model=catalogue.R1),
            layers=((layers, attention),),
            note=words.NEVER,
        )
        for key, attention in zip(catalogue.COUNTERFACTUALS, caches, strict=True)
    }


def models() -> dict[str, Architecture]:
    """All that can be chosen, by their names in a link; the reader's own last."""
    found = dict(PUBLISHED) | counterfactuals()
    own: Architecture | None = st.session_state.get("own_architecture")
    return found if own is None else found | {catalogue.OWN: own}


@dataclass(frozen=True)
class Scale:
    """What a link to the page says; `gpu` with the reader's own ceilings."""

    link: url.View
    names: tuple[str, str]
    pair: tuple[Architecture, Architecture]
    gpu: Gpu

    @property
    def first(self) -> Architecture:
        return self.pair[0]

    @property
    def second(self) -> Architecture:
        return self.pair[1]

    @property
    def context(self) -> int:
        return self.link.scale_context

    @property
    def batch(self) -> int:
        return self.link.batch

    @property
    def storage(self) -> Storage:
        return STORAGES[catalogue.STORAGES[self.link.scale_cache_dtype]]

    @property
    def weight_bytes(self) -> float:
        return catalogue.WEIGHT_BYTES[self.link.weights]

    @property
    def gpu_name(self) -> str:
        return words.GPU_NAMES[self.link.gpu]

    @property
    def machine(self) -> Gpu:
        """All its GPUs together."""
        return self.gpu.times(self.link.gpus)

    @property
    def machine_name(self) -> str:
        return f"{self.link.gpus} × {self.gpu_name}"


def current() -> Scale:
    """What the link asks for."""
    link, known = url.read("deepseeks_scale"), models()
    gpu = GPUS[catalogue.GPUS[link.gpu]]
    if link.bandwidth is not None:
        gpu = replace(gpu, bandwidth=link.bandwidth * TB / 1000)
    if link.tflops is not None:
        gpu = replace(gpu, flops=link.tflops * TFLOP)
    # the reader's own model is known to this reader alone
    first = link.first if link.first in known else url.View.first.default
    second = link.second if link.second in known else url.View.second.default
    return Scale(link, (first, second), (known[first], known[second]), gpu)
