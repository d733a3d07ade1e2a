"""The large models: which, what each needs, what this machine has, and whether chats are meant."""

from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mla_core.arithmetic.architectures import PUBLISHED
from mla_core.models.chat import has_template
from mla_core.models.config import CheckpointError, read_json
from mla_core.models.hub import LARGE, on_this_machine
from mla_core.models.transformers_classes import TRANSFORMERS_CLASSES
from ui.jobs.engine import ENGINE
from ui.jobs.live import sentence
from ui.opening.downloads import offer
from ui.state import url
from ui.words.en import common as words

GB, BILLION = 1e9, 1e9
BYTES_PUBLISHED = 2  # of a number, in bfloat16
ARCHITECTURES = {
    "youtu-llm-2b": "Youtu-LLM-2B",
    "minicpm3-4b": "MiniCPM3-4B",
    "deepseek-v2-lite": "DeepSeek-V2-Lite",
}
SHAPE = ("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")


class Room(NamedTuple):
    """What a model would lie in, and as what; bytes."""

    where: str
    dtype: str
    itemsize: int
    free: int
    total: int


def room() -> Room:
    """Of this machine: its GPUs together where it has any."""
    import torch

    from mla_core.models.devices import free_and_total

    where = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if where == "cuda" else torch.float32
    return Room(
        where, str(dtype).split(".")[1], dtype.itemsize, *free_and_total(torch.device(where))
    )


def facts(name: str, here: Room, directory: Path | None = None) -> dict[str, Any]:
    """The numbers of a model, for the words: as it lies in a directory, else as published.

    Raises:
        CheckpointError: the directory cannot be read.
    """
    from mla_core.models.devices import ROOM
    from mla_core.models.weights import count_numbers

    about = PUBLISHED[ARCHITECTURES[name]]
    assert about.latent is not None and about.parameters is not None
    shape = {field: getattr(about.latent, field) for field in SHAPE}
    layers, heads, numbers = about.num_hidden_layers, about.latent.heads, about.parameters
    if directory is not None:
        raw = read_json(directory)  # a class's defaults are those that are published
        kind = raw.get("model_type")
        if kind not in TRANSFORMERS_CLASSES:
            raise CheckpointError(words.LARGE_OTHER.format(directory=directory, kind=kind))
        shape = {field: raw.get(field) or value for field, value in shape.items()}
        layers = raw.get("num_hidden_layers") or layers
        heads = raw.get("num_attention_heads") or heads
        numbers = count_numbers(directory)
    c, r, n, v = shape.values()
    own = heads * (n + v)  # as the paper counts the MHA that it compares with
    return {
        "name": about.name, "source": about.source, "parameters": numbers / BILLION,
        "layers": layers, "heads": heads, "c": c, "r": r, "own": own, "ratio": own / (c + r),
        "size": BYTES_PUBLISHED * numbers / GB, "needed": ROOM * here.itemsize * numbers / GB,
        "dtype": here.dtype, "free": here.free / GB, "total": here.total / GB,
        "where": words.LARGE_WHERE[here.where],
    }  # fmt: skip


def _chose() -> None:
    url.put(large=st.session_state["large"], step=None)


def _chatted() -> None:
    url.put(chat="on" if st.session_state["chat"] else None, step=None)


def large_models(view: url.View, row: DeltaGenerator) -> None:
    """Draws the choice; stops the page where the model is not here, or would not fit."""
    here = room()
    st.session_state["large"] = view.large
    row.selectbox(
        words.LARGE_LABEL, list(LARGE), key="large", on_change=_chose, width=340,
        format_func=lambda name: words.LARGE_NAME.format(**facts(name, here)),
        label_visibility="collapsed",
    )  # fmt: skip
    there = on_this_machine(view.large)
    if there is not None and (view.chat or has_template(there)):
        st.session_state["chat"] = view.chat
        row.toggle(words.CHAT, key="chat", on_change=_chatted, help=words.CHAT_HELP)
    try:
        told = facts(view.large, here, there)
    except CheckpointError as error:
        st.error(sentence(error))
        st.stop()
    is_open = there is not None and ENGINE.is_open(view.large)
    form = words.LARGE_OPEN if is_open else words.LARGE_ROOM
    st.markdown((words.LARGE_ABOUT + form).format(**told))
    if there is None:
        _offer(view.large, told, here)
        st.stop()


def _offer(name: str, told: dict[str, Any], here: Room) -> None:
    """The download, or why there is none; and what all of them need."""
    if told["needed"] > told["free"]:
        st.error(words.LARGE_TOO_SMALL.format(**told))
    else:
        offer(name, told["name"], words.LARGE_SIZE.format(**told))
    all_of_them = [facts(one, here) for one in LARGE]
    rows = [
        words.LARGE_ROW.format(**one, fits=words.LARGE_FITS[one["needed"] <= one["free"]])
        for one in all_of_them
    ]
    st.markdown("\n".join([words.LARGE_HEAD, *rows]))
    sources = dict.fromkeys(one["source"] for one in all_of_them)
    st.caption(words.LARGE_SOURCE.format(source="; ".join(sources)))
