"""At DeepSeek's scale: what does this mean at 128 heads and 61 layers?"""

from functools import partial

import streamlit as st

from mla_core.arithmetic.architectures import STORAGES
from mla_core.arithmetic.roofline import GPUS, TB, TFLOP
from ui.deepseeks_scale import view as scale
from ui.deepseeks_scale.own_config import own_config
from ui.deepseeks_scale.parts import growth, heads, memory, ratios, sources
from ui.deepseeks_scale.speed import speed
from ui.state import url as state
from ui.words.en import deepseeks_scale as words

PARTS = {"memory": memory, "growth": growth, "speed": speed, "heads": heads, "ratios": ratios}
COMPARING = ("memory", "growth", "speed")


def put(name: str, factor: float = 1) -> None:
    value = st.session_state[f"scale-{name}"]
    if value is not None:
        state.put(**{name: round(value * factor) if isinstance(value, int | float) else value})


def another_gpu() -> None:
    state.put(gpu=st.session_state["scale-gpu"], bandwidth=None, tflops=None)


view = scale.current()
chosen = {
    "part": view.part, "first": view.first.name, "second": view.second.name,
    "context": view.context, "batch": view.batch, "numbers": view.storage_name,
    "weights": view.weights_name, "gpu": view.gpu_name, "gpus": view.count,
    "bandwidth": view.gpu.bandwidth / TB, "tflops": round(view.gpu.flops / TFLOP),
}  # fmt: skip
for name, value in chosen.items():
    st.session_state[f"scale-{name}"] = value
st.segmented_control(
    words.PART_LABEL,
    list(words.PARTS),
    format_func=words.PARTS.__getitem__,
    key="scale-part",
    on_change=partial(put, "part"),
    label_visibility="collapsed",
)
if view.part in COMPARING:
    names = list(scale.models())
    first, second, context = st.columns([3, 3, 2])
    first.selectbox(words.FIRST, names, key="scale-first", on_change=partial(put, "first"))
    second.selectbox(words.SECOND, names, key="scale-second", on_change=partial(put, "second"))
    context.select_slider(
        words.CONTEXT,
        sorted({*scale.CONTEXTS, view.context}),
        key="scale-context",
        on_change=partial(put, "context"),
        format_func="{:,}".format,
    )
    with st.expander(words.MORE):
        row = st.columns(4)
        row[0].selectbox(
            words.STORAGE, STORAGES, key="scale-numbers", on_change=partial(put, "numbers"),
            help=words.STORAGE_HELP,
        )  # fmt: skip
        row[1].selectbox(
            words.WEIGHTS,
            words.WEIGHT_BYTES,
            key="scale-weights",
            on_change=partial(put, "weights"),
        )
        row[2].selectbox(words.GPU, GPUS, key="scale-gpu", on_change=another_gpu)
        row[3].number_input(
            words.GPUS, 1, scale.MOST_GPUS, key="scale-gpus", on_change=partial(put, "gpus")
        )
        if view.part != "memory":
            more = st.columns(3)
            more[0].number_input(
                words.BATCH, 1, scale.MOST_BATCH, key="scale-batch", on_change=partial(put, "batch")
            )
        if view.part == "speed":
            more[1].slider(
                words.BANDWIDTH, 0.1, 20.0, key="scale-bandwidth",
                on_change=partial(put, "bandwidth", 1000),
                help=words.BANDWIDTH_HELP.format(source=view.gpu.source),
            )  # fmt: skip
            more[2].slider(
                words.FLOPS, 10, 5000, key="scale-tflops", on_change=partial(put, "tflops"),
                help=words.FLOPS_HELP.format(source=view.gpu.source),
            )  # fmt: skip
PARTS[view.part](view)
if view.part in COMPARING:
    sources(view)
    own_config()
