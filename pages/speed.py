"""Speed: how much faster, and why?"""

from functools import partial

import streamlit as st

from ui import catalogue
from ui.speed import parts as speed_parts
from ui.speed import view as speed
from ui.speed.measuring import LIVE, panel
from ui.state import url
from ui.words.en import speed as words

PARTS = {
    "steps": speed_parts.steps,
    "roofline": speed_parts.roofline,
    "shares": speed_parts.shares,
    "ledger": speed_parts.ledger,
    "whole": speed_parts.whole,
}


def put(name: str, widget: str | None = None) -> None:
    value = st.session_state[f"speed-{widget or name}"]
    if value is not None:
        url.put(**{name: value})


look = speed.current()
st.session_state["speed-part"], st.session_state["speed-run"] = look.part, look.run_name
st.segmented_control(
    words.PART_LABEL,
    catalogue.SPEED_PARTS,
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
    catalogue.RUNS,
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
names = {f"{b}x{t}": words.POINT_OF.format(batch=b, context=t) for b, t in points}
# while a run grows, so do the choices: a new box each time, or an old one's answer comes too late
box = f"at-{len(points)}"
st.session_state[f"speed-{box}"] = "{}x{}".format(*look.point)
where.selectbox(
    words.POINT,
    list(names),
    format_func=names.__getitem__,
    key=f"speed-{box}",
    on_change=partial(put, "at", box),
)
PARTS[look.part](look, look.run)
speed_parts.provenance(look.run)
