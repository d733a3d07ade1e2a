"""The benchmark on the machine that serves the pages: one run at a time, seen by every reader."""

import threading
import uuid
from concurrent.futures import Future
from itertools import count

import streamlit as st

from mla_core.engine import EngineBusy, Progress
from mla_core.experiments.speed import Measure, SpeedRun
from ui.jobs.engine import ENGINE
from ui.jobs.live import sentence
from ui.jobs.operator import readers_may
from ui.words.en import common
from ui.words.en import speed as words


class Measuring:
    """What every session sees of it.

    Attributes:
        problem: a sentence, when the last run ended early.
        owner: the session that may stop it.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        self.owner: str | None = None
        self._run: SpeedRun | None = None
        self._job: Measure | None = None
        self._future: Future[SpeedRun] | None = None
        self._numbers = count()
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        return self._future is not None and not self._future.done()

    @property
    def progress(self) -> Progress:
        """Results done and in all; none of none until the first one."""
        far = ENGINE.progress(self._job) if self._job is not None else None
        return far or Progress(0, 0)

    @property
    def run(self) -> SpeedRun | None:
        """What is measured so far, or was last time."""
        self._keep()
        return self._run

    def _keep(self) -> None:
        so_far = self.progress.so_far
        if isinstance(so_far, SpeedRun) and so_far.compared():
            self._run = so_far  # until then the last run stays on the screen

    def start(self, owner: str) -> None:
        """A second reader's click changes nothing.

        Here and in `stop`, not only in the buttons: an event can be sent without its button.
        """
        with self._lock:
            if self.running or not readers_may():
                return
            self.owner, self.problem, self._job = owner, None, Measure(next(self._numbers))
            try:
                self._future = ENGINE.submit(self._job)
            except EngineBusy as error:
                self.problem = str(error)
                return
        self._future.add_done_callback(self._end)

    def stop(self) -> None:
        """What was measured by now is kept."""
        if not readers_may():
            return
        self._keep()
        if self._future is not None:
            self._future.cancel()

    def _end(self, future: "Future[SpeedRun]") -> None:
        if future.cancelled():
            self.problem = words.LIVE_STOPPED
            return
        error = future.exception()
        if isinstance(error, Exception):
            self.problem = sentence(error)
        else:
            self._run = future.result()


LIVE = Measuring()


def panel() -> None:
    """Start, progress and stop; the page is drawn again whenever there is more to show."""
    st.markdown(words.LIVE_ABOUT)
    st.session_state.setdefault("measuring_as", uuid.uuid4().hex)
    _panel(_drawn())


def _drawn() -> tuple[bool, int]:
    """What the page that is on the screen shows of the run."""
    return LIVE.running, len(LIVE.run.compared()) if LIVE.run is not None else 0


@st.fragment(run_every=1.0)
def _panel(drawn: tuple[bool, int]) -> None:
    if _drawn() != drawn:
        st.rerun()
    me = st.session_state["measuring_as"]
    if LIVE.running:
        far = LIVE.progress
        told = words.LIVE_PROGRESS.format(done=far.done, total=far.total)
        st.progress(far.done / far.total if far.total else 0.0, told)
        if LIVE.owner == me and readers_may():
            st.button(words.LIVE_CANCEL, on_click=LIVE.stop, key="measure_stop")
        else:
            st.markdown(words.LIVE_OTHERS)
        return
    if LIVE.problem:
        st.warning(LIVE.problem)
    if not readers_may():
        st.info(common.OPERATORS_ALONE)
        return
    label = words.LIVE_START if LIVE.run is None else words.LIVE_AGAIN
    st.button(label, on_click=LIVE.start, args=(me,), key="measure")
