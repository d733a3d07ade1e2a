"""The memory of answers: equal jobs are computed once, within a bound that counts all that is held."""

import threading
from collections import OrderedDict
from typing import Any

from mla_core.experiments import A, Job
from mla_core.records.record import size_of

REMEMBERED_BYTES = 256 * 2**20


class Answers:
    """Jobs and their answers, the latest first to stay.

    A job is held as the key of its answer, so its own bytes count as well: it may carry a file.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Job[Any], Any] = OrderedDict()
        self._sizes: dict[Job[Any], int] = {}
        self._lock = threading.Lock()

    def get(self, job: Job[A]) -> A | None:
        """The answer to an earlier equal job; it stays longer for being asked for."""
        with self._lock:
            answer: A | None = self._answers.get(job)
            if answer is not None:
                self._answers.move_to_end(job)
            return answer

    def put(self, job: Job[A], answer: A) -> None:
        """Keeps an answer, and drops the oldest ones where they are too much together.

        The latest stays whatever it takes: somebody is about to look at it.
        """
        with self._lock:
            self._answers[job] = answer
            self._answers.move_to_end(job)
            self._sizes[job] = size_of(job) + answer.nbytes
            while len(self._answers) > 1 and self.nbytes > REMEMBERED_BYTES:
                dropped, _ = self._answers.popitem(last=False)
                del self._sizes[dropped]

    @property
    def nbytes(self) -> int:
        """Bytes of all jobs and answers that are held."""
        return sum(self._sizes.values())
