"""Speed: how much faster, and why?"""

from functools import partial

import streamlit as st

from ui import speed, speed_parts, state
from ui.measuring import LIVE, panel
from ui.words import speed as words

PARTS = {
    "steps": speed_parts.steps,
    "roofline": speed_parts.roofline,
    "shares": speed_parts.shares,
    "ledger": speed_parts.ledger,
    "whole": speed_parts.whole,
}


def put(name: str) -> None:
    value = st.session_state[f"speed-{name}"]
    if value is not None:
        state.put(**{name: value})


look = speed.current()
st.session_state["speed-part"], st.session_state["speed-run"] = look.part, look.run_name
st.segmented_control(
    words.PART_LABEL,
    list(words.PARTS),
    format_func=words.PARTS.__getitem__,
    key="speed-part",
    on_change=partial(put, "part"),
    label_visibility="collapsed",
)
if look.part == "kernel":
    speed_parts.kernel()
    st.stop()
whose, where = st.columns([3, 2])
whose.segmented_control(
    words.RUN_LABEL,
    list(words.RUNS),
    format_func=words.RUNS.__getitem__,
    key="speed-run",
    on_change=partial(put, "run"),
)
if look.run_name == "live":
    panel()
points = look.run.compared() if look.run is not None else []
if look.run is None or not points:
    if not LIVE.running:
        st.info(words.NOT_YET)
    st.stop()
names = [f"{batch}x{context}" for batch, context in points]
st.session_state["speed-at"] = "{}x{}".format(*look.point)
where.selectbox(
    words.POINT,
    names,
    format_func=dict(
        zip(names, (words.POINT_OF.format(batch=b, context=c) for b, c in points), strict=True)
    ).__getitem__,
    key="speed-at",
    on_change=partial(put, "at"),
)
PARTS[look.part](look, look.run)
speed_parts.provenance(look.run)
