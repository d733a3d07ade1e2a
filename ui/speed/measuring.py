"""The benchmark on the machine that serves the pages: one run at a time, seen by every reader."""

import threading
import uuid

import streamlit as st

from mla_core.engine.engine import EngineBusy
from mla_core.experiments.speed.timings import Measure, SpeedRun, Stopped
from ui.jobs.engine import ENGINE
from ui.jobs.live import sentence
from ui.words.en import speed as words


class Measuring:
    """What every session sees of it.

    Attributes:
        run: what is measured so far, or was last time.
        done, total: results; total is 0 until the first one.
        problem: a sentence, when the last run ended early.
        owner: the session that may stop it.
    """

    def __init__(self) -> None:
        self.run: SpeedRun | None = None
        self.done = self.total = 0
        self.problem: str | None = None
        self.owner: str | None = None
        self.running = False
        self._cancelled = threading.Event()
        self._lock = threading.Lock()

    def start(self, owner: str) -> None:
        """A second reader's click changes nothing."""
        with self._lock:
            if self.running:
                return
            self._cancelled.clear()
            self.running, self.owner, self.problem = True, owner, None
            self.done = self.total = 0
            try:
                future = ENGINE.submit(Measure(self._tell, self._cancelled.is_set))
            except EngineBusy as error:
                self.running, self.problem = False, str(error)
                return
        future.add_done_callback(lambda done: self._end(done.exception()))

    def stop(self) -> None:
        self._cancelled.set()

    def _tell(self, run: SpeedRun, done: int, total: int) -> None:
        if run.compared():  # until then the last run stays on the screen
            self.run = run
        self.done, self.total = done, max(done, total)

    def _end(self, error: BaseException | None) -> None:
        if isinstance(error, Stopped):
            self.problem = words.LIVE_STOPPED
        elif isinstance(error, Exception):
            self.problem = sentence(error)
        self.running = False


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
        told = words.LIVE_PROGRESS.format(done=LIVE.done, total=LIVE.total)
        st.progress(LIVE.done / LIVE.total if LIVE.total else 0.0, told)
        if LIVE.owner == me:
            st.button(words.LIVE_CANCEL, on_click=LIVE.stop, key="measure_stop")
        else:
            st.markdown(words.LIVE_OTHERS)
        return
    if LIVE.problem:
        st.warning(LIVE.problem)
    label = words.LIVE_START if LIVE.run is None else words.LIVE_AGAIN
    st.button(label, on_click=LIVE.start, args=(me,), key="measure")
