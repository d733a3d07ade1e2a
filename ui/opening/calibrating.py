"""The minute that GPT-2 needs before its first conversion: with progress, and nobody waits for it."""

import streamlit as st

from mla_core.experiments.latent_compression import Calibrate
from mla_core.models.locate import EMBEDDED
from ui.jobs.engine import ENGINE
from ui.jobs.live import sentence
from ui.words.en import common as words


def ready_to_convert(model: str) -> None:
    """Stops the page at a progress bar until a model is calibrated; the embedded ones are."""
    if model not in EMBEDDED and ENGINE.remembered(Calibrate(model)) is None:
        _progress(Calibrate(model))
        st.stop()


@st.fragment(run_every=0.5)
def _progress(job: Calibrate) -> None:
    if ENGINE.remembered(job) is not None:
        st.rerun()
    futures = st.session_state.setdefault("calibrating", {})
    try:
        if job not in futures and ENGINE.progress(job) is None:
            futures[job] = ENGINE.submit(job)
        if job in futures and futures[job].done():
            futures[job].result()
    except Exception as error:
        st.error(sentence(error))
        st.button(words.TRY_AGAIN, on_click=futures.pop, args=(job, None), key="calibrate_again")
        return
    far = ENGINE.progress(job)
    st.progress(far.done / far.total if far else 0.0, words.CALIBRATING.format(model=job.model))
    st.caption(words.CALIBRATING_WHY)
