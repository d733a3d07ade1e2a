"""One question put to a model, a package a chapter: the job and its result here, torch in `compute`.

A `Job` is plain data and knows nothing of what computes it: it can be compared, sent elsewhere and
kept as a key. `compute.py` of its package holds ``COMPUTE``, a function for each of its jobs; the
engine looks there, and nowhere else does a job meet torch.
"""

from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar, get_args, runtime_checkable

from mla_core.records.record import Record

if TYPE_CHECKING:
    from mla_core.convert import Calibration
    from mla_core.inference.tracing import Traceable
    from mla_core.models.language_model import LanguageModel

A = TypeVar("A", bound=Record)


class Job(Generic[A]):
    """Something to compute: a frozen dataclass, hashable, and equal where the answer is equal.

    Attributes:
        patient: whether others go first. A patient job takes a second or more, and what computes it
            calls `Models.give_way` at least every tenth of one.
    """

    patient: ClassVar[bool] = False


def result_of(job: type[Job[A]]) -> type[A]:
    """The kind of record that a kind of job is answered with."""
    (base,) = (base for base in getattr(job, "__orig_bases__", ()) if get_args(base))
    result: type[A] = get_args(base)[0]
    return result


@runtime_checkable
class Models(Protocol):
    """What a computation may ask for; the engine gives it."""

    def model(self, name: str) -> "LanguageModel":
        """An open model, or a conversion of one; it may take seconds."""

    def baseline(self, name: str) -> "Traceable":
        """GPT-2 through TransformerLens."""

    def calibration(self, name: str, text: str = "") -> "Calibration":
        """That of a model, on the shipped texts or on one that is kept under a key."""

    def answer(self, job: Job[A]) -> A:
        """The answer to another job, remembered or computed."""

    def give_way(self) -> None:
        """Lets everyone go first who is not patient; raises where nobody waits any more."""

    def tell(self, done: int, total: int, so_far: Record | None = None) -> None:
        """How far the computation is, for whoever watches."""
