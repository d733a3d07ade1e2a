"""At DeepSeek's scale: what does this mean at 128 heads and 61 layers?"""

from functools import partial

import streamlit as st

from mla_core.arithmetic.roofline import TB, TFLOP
from ui import catalogue
from ui.deepseeks_scale import view as scale
from ui.deepseeks_scale.own_config import own_config
from ui.deepseeks_scale.parts import growth, heads, memory, ratios, sources
from ui.deepseeks_scale.speed import speed
from ui.state import url
from ui.state.url import View
from ui.words.en import deepseeks_scale as words

PARTS = {"memory": memory, "growth": growth, "speed": speed, "heads": heads, "ratios": ratios}
COMPARING = ("memory", "growth", "speed")
GB_IN_TB = 1000


def put(name: str, factor: int = 1) -> None:
    value = st.session_state[f"scale-{name}"]
    if value is not None:
        url.put(**{name: round(value * factor) if factor > 1 else value})


def another_gpu() -> None:
    url.put(gpu=st.session_state["scale-gpu"], bandwidth=None, tflops=None)


looked = scale.current()
view = looked.link
names = {key: model.name for key, model in scale.models().items()}
chosen = {
    "part": view.scale_part, "first": looked.names[0], "second": looked.names[1],
    "context": view.scale_context, "batch": view.batch, "cache_dtype": view.scale_cache_dtype,
    "weights": view.weights, "gpu": view.gpu, "gpus": view.gpus,
    "bandwidth": looked.gpu.bandwidth / TB, "tflops": round(looked.gpu.flops / TFLOP),
}  # fmt: skip
for name, value in chosen.items():
    st.session_state[f"scale-{name}"] = value
st.segmented_control(
    words.PART_LABEL,
    catalogue.SCALE_PARTS,
    format_func=words.PARTS.__getitem__,
    key="scale-part",
    on_change=partial(put, "part"),
    label_visibility="collapsed",
)
if view.scale_part in COMPARING:
    first, second, context = st.columns([3, 3, 2])
    for column, name, label in ((first, "first", words.FIRST), (second, "second", words.SECOND)):
        column.selectbox(
            label, list(names), key=f"scale-{name}", on_change=partial(put, name),
            format_func=names.__getitem__,
        )  # fmt: skip
    context.select_slider(
        words.CONTEXT,
        sorted({*scale.CONTEXTS, view.scale_context}),
        key="scale-context",
        on_change=partial(put, "context"),
        format_func="{:,}".format,
    )
    with st.expander(words.MORE):
        row = st.columns(4)
        row[0].selectbox(
            words.STORAGE, View.scale_cache_dtype.choices, key="scale-cache_dtype",
            on_change=partial(put, "cache_dtype"), format_func=words.DTYPES.__getitem__,
            help=words.STORAGE_HELP,
        )  # fmt: skip
        row[1].selectbox(
            words.WEIGHTS, View.weights.choices, key="scale-weights",
            on_change=partial(put, "weights"), format_func=words.DTYPES.__getitem__,
        )  # fmt: skip
        row[2].selectbox(
            words.GPU, View.gpu.choices, key="scale-gpu", on_change=another_gpu,
            format_func=words.GPU_NAMES.__getitem__,
        )  # fmt: skip
        row[3].number_input(
            words.GPUS, View.gpus.low, View.gpus.high, key="scale-gpus",
            on_change=partial(put, "gpus"),
        )  # fmt: skip
        if view.scale_part != "memory":
            more = st.columns(3)
            more[0].number_input(
                words.BATCH, View.batch.low, View.batch.high, key="scale-batch",
                on_change=partial(put, "batch"),
            )  # fmt: skip
        if view.scale_part == "speed":
            more[1].slider(
                words.BANDWIDTH, View.bandwidth.low / GB_IN_TB, View.bandwidth.high / GB_IN_TB,
                key="scale-bandwidth", on_change=partial(put, "bandwidth", GB_IN_TB),
                help=words.BANDWIDTH_HELP.format(source=looked.gpu.source),
            )  # fmt: skip
            more[2].slider(
                words.FLOPS, View.tflops.low, View.tflops.high, key="scale-tflops",
                on_change=partial(put, "tflops"),
                help=words.FLOPS_HELP.format(source=looked.gpu.source),
            )  # fmt: skip
PARTS[view.scale_part](looked)
if view.scale_part in COMPARING:
    sources(looked)
    own_config()
