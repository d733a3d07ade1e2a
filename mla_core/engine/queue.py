"""The queue: one worker thread, quick jobs before patient ones, each in the order of its arrival."""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import PriorityQueue
from typing import Any, ClassVar

from mla_core.experiments import A, Job
from mla_core.records.problem import Problem

LOG = logging.getLogger(__name__)


class EngineBusy(Problem, RuntimeError):
    """More requests are waiting than the queue holds."""

    sentences: ClassVar[Mapping[str, str]] = {
        "full": "{waiting} requests are waiting already: try again in a moment.",
    }


class Stopped(Exception):
    """Nobody waits any more for the job that was being computed."""


class PutBack(Exception):
    """A job that cannot go on now: it is tried again after another one, or when none is paused.

    Attributes:
        after: what has to be computed first; None where a paused job has to end first.
    """

    def __init__(self, after: Job[Any] | None = None) -> None:
        super().__init__(after)
        self.after = after


@dataclass(order=True)
class Waiting:
    """A job in line; the order is that in which the worker takes them."""

    patient: bool
    arrival: int
    job: Job[Any] = field(compare=False)
    future: Future[Any] = field(compare=False)


class Queue:
    """Jobs in line, and the thread that computes them one at a time.

    Args:
        size: jobs that may wait; one more is refused.
        compute: called with a job on the worker; what it raises is what the future raises.
    """

    def __init__(self, size: int, compute: Callable[[Job[Any]], Any]) -> None:
        self.size = size
        self._compute = compute
        self._line: PriorityQueue[Waiting] = PriorityQueue()
        self._arrivals = count()
        self._paused: list[Waiting] = []  # the last one is being computed, the others wait for it
        self._put_back: list[Waiting] = []  # until no job is paused
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, job: Job[A]) -> Future[A]:
        """Queues a job; cancel the future when nobody waits for it any more.

        Raises:
            EngineBusy: the queue is full.
        """
        with self._lock:
            if self._line.qsize() >= self.size:
                raise EngineBusy.of("full", waiting=self.size)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="engine", daemon=True)
                self._worker.start()
        return self._add(job)

    def _add(self, job: Job[A]) -> Future[A]:
        future: Future[A] = Future()
        self._line.put(Waiting(job.patient, next(self._arrivals), job, future))
        return future

    def _work(self) -> None:
        while True:
            self._settle(self._line.get())

    def _settle(self, waiting: Waiting) -> None:
        """Computes a job. Its future stays open to be cancelled until there is an answer."""
        if waiting.future.cancelled():
            return
        try:
            with self._computing(waiting):
                answer = self._compute(waiting.job)
        except PutBack as reason:
            self._later(waiting, reason.after)
        except Stopped:
            pass  # the future was cancelled
        except Exception as error:  # nothing that goes wrong may end the worker
            if not isinstance(error, ValueError):
                # as text: a traceback that is kept anywhere keeps the models in its frames
                told = "".join(traceback.format_exception(error))
                LOG.error("%s failed\n%s", type(waiting.job).__name__, told)
            _fail(waiting.future, error)
        else:
            if waiting.future.set_running_or_notify_cancel():
                waiting.future.set_result(answer)

    @contextmanager
    def _computing(self, waiting: Waiting) -> Iterator[None]:
        self._paused.append(waiting)
        try:
            yield
        finally:
            self._paused.pop()
            if not self._paused:
                for other in self._put_back:
                    self._line.put(other)
                self._put_back.clear()

    def _later(self, waiting: Waiting, after: Job[Any] | None) -> None:
        if after is None:
            self._put_back.append(waiting)
            return

        def go_on(first: Future[Any]) -> None:
            error = first.exception()
            if error is None:
                self._line.put(waiting)
            else:
                _fail(waiting.future, error)

        self._add(after).add_done_callback(go_on)

    def give_way(self) -> None:
        """For patient jobs, between their pieces: settles everyone who is not, then comes back.

        Raises:
            Stopped: nobody waits any more for the job that gives way.
        """
        import torch

        if self._paused and self._paused[-1].future.cancelled():
            raise Stopped
        while True:
            with self._line.mutex:
                first = self._line.queue[0] if self._line.queue else None
            if first is None or first.patient:
                return
            # the others may need gradients, or open a model that somebody will need them of
            with torch.inference_mode(False):
                self._settle(self._line.get())  # nobody else takes from it

    @property
    def current(self) -> Job[Any]:
        """The job that is being computed; for the worker."""
        return self._paused[-1].job

    @property
    def depth(self) -> int:
        """How many jobs are begun: more than one where some have given way."""
        return len(self._paused)


def _fail(future: Future[Any], error: BaseException) -> None:
    """Only the error is kept, without its traceback."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
