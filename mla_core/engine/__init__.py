"""One worker for all the sessions of a server: the queue, the pool of models, the memory of answers.

Torch is fastest, and TransformerLens' hooks only correct, when one thread at a time runs the models.
A job is plain data; what computes it stands in the `compute` module of its package. So this is the
seam where an engine on another machine fits.
"""

import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mla_core.engine.answers import Answers
from mla_core.engine.pool import ModelPool, NotCalibrated, NotNow
from mla_core.engine.queue import EngineBusy, PutBack, Queue, Stopped
from mla_core.experiments import A, Job
from mla_core.experiments.latent_compression import Calibrate
from mla_core.records.record import Record

if TYPE_CHECKING:
    from mla_core.convert import Calibration
    from mla_core.inference.tracing import Traceable
    from mla_core.models.language_model import LanguageModel

__all__ = ["Engine", "EngineBusy", "Progress", "Stopped"]
POLL_SECONDS = 0.25  # a finished answer is not waited for: this is how soon a leaver is noticed


@dataclass(frozen=True)
class Progress:
    """How far a job is: `done` of `total`, and what it has found so far, if it says."""

    done: int
    total: int
    so_far: Record | None = None


class Engine:
    """Answers jobs, one at a time; equal jobs are answered from memory.

    Args:
        queue_size: jobs that may wait; one more is refused.
    """

    def __init__(self, queue_size: int = 128) -> None:
        self._queue = Queue(queue_size, self._answered)
        self._pool = ModelPool()
        self._answers = Answers()
        self._progress: dict[Job[Any], Progress] = {}
        self._opened: list[set[str]] = []  # models, by each job that is begun

    def remembered(self, job: Job[A]) -> A | None:
        """The answer to an earlier equal job, without waiting."""
        return self._answers.get(job)

    def progress(self, job: Job[Any]) -> Progress | None:
        """How far a job is that is being computed, or None where none is or it does not say."""
        return self._progress.get(job)

    def submit(self, job: Job[A]) -> Future[A]:
        """Queues a job; cancel the future when nobody waits for it any more.

        Raises:
            EngineBusy: the queue is full.
        """
        remembered = self.remembered(job)
        if remembered is None:
            return self._queue.submit(job)
        future: Future[A] = Future()
        future.set_result(remembered)
        return future

    def run(self, job: Job[A], still_wanted: Callable[[], object] | None = None) -> A:
        """Waits for the answer to a job: a `Trace` for a `Request`.

        Args:
            still_wanted: called now and then while waiting; whatever it raises (Streamlit raises
                when the session has moved on) drops the job and goes up.

        Raises:
            EngineBusy: the queue is full.
            ValueError: the prompt or the model cannot be run; one sentence.
        """
        answer: A = self.run_all([job], still_wanted)[0]
        return answer

    def run_all(
        self, jobs: Sequence[Job[Any]], still_wanted: Callable[[], object] | None = None
    ) -> list[Any]:
        """Waits for the answers to several jobs, all of them in line from the beginning.

        Raises:
            As `run`; the others are dropped then.
        """
        futures: list[Future[Any]] = []
        try:
            for job in jobs:
                futures.append(self.submit(job))
            return [_wait(future, still_wanted) for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def is_open(self, name: str) -> bool:
        """Whether a model lies in memory already."""
        return self._pool.is_open(name)

    @property
    def ready(self) -> bool:
        """Whether a model is open, so that an answer takes moments, not seconds."""
        return self._pool.ready

    def keep_text(self, text: str) -> str:
        """Keeps a reader's calibration text; returns its key for a `Conversion`."""
        return self._pool.keep_text(text)

    # what follows is for computations, on the worker: `experiments.Models`

    def answer(self, job: Job[A]) -> A:
        """Remembered or computed. A patient job that a quick one needs gets its own place in line."""
        answer = self._answers.get(job)
        if answer is None:
            if job.patient and not self._queue.current.patient:
                raise PutBack(after=job)
            answer = self._computed(job)
        return answer

    def _answered(self, job: Job[A]) -> A:
        answer = self._answers.get(job)
        # a calibration is more than its answer says: it may have made room for others since
        if answer is None or isinstance(job, Calibrate):
            self._opened.append(set())
            try:
                answer = self._computed(job)
            finally:
                self._opened.pop()
                self._progress.pop(job, None)
        return answer

    def _computed(self, job: Job[A]) -> A:
        found = importlib.import_module(f"{type(job).__module__}.compute")
        answer: A = found.COMPUTE[type(job)](job, self)
        self._answers.put(job, answer)
        return answer

    def model(self, name: str) -> "LanguageModel":
        """An open model, or a conversion of one; it may take seconds."""
        held = set().union(*self._opened[:-1])
        try:
            model = self._pool.model(name, held)
        except NotNow:
            raise PutBack from None
        except NotCalibrated as missing:
            raise PutBack(after=Calibrate(missing.model, missing.text)) from None
        self._opened[-1].add(name)
        return model

    def baseline(self, name: str) -> "Traceable":
        """GPT-2 through TransformerLens."""
        return self._pool.baseline(name)

    def calibration(self, name: str, text: str = "") -> "Calibration":
        """That of a model; a `Calibrate` makes it, any other job waits for one."""
        if isinstance(self._queue.current, Calibrate):
            return self._pool.calibrate(name, text, self._calibrated)
        try:
            return self._pool.calibration(name, text)
        except NotCalibrated:
            raise PutBack(after=Calibrate(name, text)) from None

    def _calibrated(self, done: int, total: int) -> None:
        self.tell(done, total)
        self.give_way()

    def give_way(self) -> None:
        """Lets everyone go first who is not patient.

        Raises:
            Stopped: nobody waits any more for the job that gives way.
        """
        self._queue.give_way()

    def tell(self, done: int, total: int, so_far: Record | None = None) -> None:
        """How far the job is that is being computed."""
        self._progress[self._queue.current] = Progress(done, total, so_far)


def _wait(future: Future[A], still_wanted: Callable[[], object] | None) -> A:
    while True:
        try:
            return future.result(timeout=POLL_SECONDS)
        except StillRunning:
            if still_wanted is not None:
                still_wanted()
