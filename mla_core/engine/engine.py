"""`Engine.run(request) -> Trace`: one worker thread for all the sessions of a server.

Torch is fastest, and TransformerLens' hooks only correct, when one thread at a time runs the
models. Models are opened once and stay; equal requests are answered from a small memory. Besides
a `Request` for a trace the engine takes any `Job`.
"""

import gc
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from itertools import count
from queue import Full, PriorityQueue
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from mla_core.models.chat import ChatTokenizer, chatting, plain
from mla_core.models.hub import LARGE
from mla_core.models.locate import Conversion, locate
from mla_core.records.trace import Trace

if TYPE_CHECKING:
    from mla_core.convert import Calibration
    from mla_core.inference.tracing import Traceable
    from mla_core.models.language_model import LanguageModel

POLL_SECONDS = 0.25  # a finished answer is not waited for: this is how soon a leaver is noticed
REMEMBERED_BYTES = 256 * 2**20  # of answers, the latest first
KEPT_TEXTS = 64  # of readers, to calibrate on
CALIBRATIONS = 4  # kept, the latest first: GPT-2's takes 0.3 GB
CONVERTED = 8  # models kept: they share all but their attention with the original


class EngineBusy(RuntimeError):
    """More requests are waiting than the queue holds."""


@runtime_checkable
class Answer(Protocol):
    """What a job returns; it is remembered, so it must know its size."""

    @property
    def nbytes(self) -> int: ...


Waiting = tuple[bool, int, "Job[Any]", Future[Any]]
A_co = TypeVar("A_co", bound=Answer, covariant=True)
A = TypeVar("A", bound=Answer)


@runtime_checkable
class Job(Protocol[A_co]):
    """Something to compute on the worker: hashable, and equal where the answer is equal.

    Attributes:
        patient: whether others go first. A patient job takes a second or more, and calls
            `Engine.give_way` at least every tenth of one.
    """

    @property
    def patient(self) -> bool: ...

    def compute(self, engine: "Engine") -> A_co: ...


@dataclass(frozen=True)
class Request:
    """One text through one model, continued by some tokens.

    Attributes:
        model: an embedded model, a directory, or a `Conversion` of one as a name.
        prompt: any text.
        new_tokens: how many to generate after it.
        temperature, seed: of the generation (see `Decoder.step`).
        follow: generate with this model instead and let `model` read along.
        record: arrays to keep (see `traces.ARRAYS`).
        through_baseline: run the final pass through TransformerLens (GPT-2 only).
    """

    model: str
    prompt: str
    new_tokens: int = 0
    temperature: float = 0.0
    seed: int = 0
    follow: str | None = None
    record: tuple[str, ...] = ("logits", "pattern")
    through_baseline: bool = False
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Trace:
        from mla_core.inference.decoder import Decoder
        from mla_core.inference.tracing import encode_prompt, trace_ids

        model = engine.model(self.model)
        ids = encode_prompt(model, self.prompt, bos=True)
        prompt_length = len(ids)
        room = model.config.max_position_embeddings - prompt_length
        new_tokens = min(self.new_tokens, room)
        followed: list[int] = []
        if self.follow is not None and self.follow != self.model:
            lead = Request(self.follow, self.prompt, new_tokens, self.temperature, self.seed)
            followed = list(engine.answer(lead).token_ids[prompt_length:])
        decoder = Decoder(model)
        decoder.prefill_ids(ids + followed)
        for _ in range(new_tokens - len(followed)):
            decoder.step(self.temperature, seed=self.seed)
        cache = decoder.cache
        runner = engine.baseline(self.model) if self.through_baseline else model
        return trace_ids(
            runner,
            decoder.token_ids,
            has_bos=model.config.bos_token_id is not None,
            record=self.record,
            prompt_length=prompt_length,
            cache_nbytes=tuple(map(cache.nbytes_of, range(1, cache.length + 1))),
        )


class Engine:
    """A queue, a worker, and the models.

    Args:
        queue_size: requests that may wait; one more is refused.
    """

    def __init__(self, queue_size: int = 128) -> None:
        # (patient, order of arrival, job, its future)
        self._queue: PriorityQueue[Waiting] = PriorityQueue(queue_size)
        self._arrivals = count()
        self._memory: OrderedDict[Job[Any], Any] = OrderedDict()
        self._models: dict[str, LanguageModel] = {}
        self._converted: OrderedDict[str, LanguageModel] = OrderedDict()
        self._calibrations: OrderedDict[tuple[str, str], Calibration] = OrderedDict()
        self._texts: OrderedDict[str, str] = OrderedDict()
        # (model, text) -> steps done, steps in all
        self.calibrating: dict[tuple[str, str], tuple[int, int]] = {}
        self._baselines: dict[str, Traceable] = {}
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()

    def remembered(self, request: Job[A]) -> A | None:
        """The answer to an earlier equal request, without waiting."""
        answer: A | None = self._memory.get(request)
        return answer

    def submit(self, request: Job[A]) -> Future[A]:
        """Queues a request; cancel the future when nobody waits for it any more.

        Raises:
            EngineBusy: the queue is full.
        """
        future: Future[A] = Future()
        remembered = self.remembered(request)
        if remembered is not None:
            future.set_result(remembered)
            return future
        self._start()
        try:
            self._queue.put_nowait((request.patient, next(self._arrivals), request, future))
        except Full:
            raise EngineBusy(
                f"{self._queue.maxsize} requests are waiting already: try again in a moment."
            ) from None
        return future

    def run(self, request: Job[A], still_wanted: Callable[[], object] | None = None) -> A:
        """Waits for the answer to `request`: a `Trace` for a `Request`.

        Args:
            still_wanted: called now and then while waiting; whatever it raises (Streamlit raises
                when the session has moved on) drops the request and goes up.

        Raises:
            EngineBusy: the queue is full.
            ValueError: the prompt or the model cannot be run; one sentence.
        """
        future = self.submit(request)
        try:
            while True:
                try:
                    return future.result(timeout=POLL_SECONDS)
                except StillRunning:
                    if still_wanted is not None:
                        still_wanted()
        except BaseException:
            future.cancel()
            raise

    def is_open(self, name: str) -> bool:
        """Whether a model lies in memory already."""
        return name in self._models

    @property
    def ready(self) -> bool:
        """Whether a model is open, so that an answer takes moments, not seconds."""
        return bool(self._models)

    def _start(self) -> None:
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="engine", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            self._settle(self._queue.get())

    def _settle(self, waiting: "Waiting") -> None:
        _, _, request, future = waiting
        if not future.set_running_or_notify_cancel():
            return  # nobody waits for it any more
        try:
            future.set_result(self.answer(request))
        except Exception as error:  # nothing that goes wrong may end the worker
            future.set_exception(error)

    def give_way(self) -> None:
        """For patient jobs, between their pieces: answers everyone who is not, then comes back."""
        import torch

        while True:
            with self._queue.mutex:
                first = self._queue.queue[0] if self._queue.queue else None
            if first is None or first[0]:
                return
            # the others may need gradients, or open a model that somebody will need them of
            with torch.inference_mode(False):
                self._settle(self._queue.get())  # nobody else takes from it

    def answer(self, request: Job[A]) -> A:
        """Remembered or computed; jobs ask for the answers of others with it."""
        answer: A | None = self._memory.get(request)
        if answer is None:
            answer = request.compute(self)
        self._memory[request] = answer
        self._memory.move_to_end(request)
        while len(self._memory) > 1 and self._remembered_bytes() > REMEMBERED_BYTES:
            self._memory.popitem(last=False)
        return answer

    def _remembered_bytes(self) -> int:
        return sum(answer.nbytes for answer in self._memory.values())

    def model(self, name: str) -> "LanguageModel":
        """An open model, or a conversion of one. For jobs: it may take seconds."""
        from mla_core.models.checkpoint import load_model

        conversion = Conversion.parse(name)
        if conversion is not None:
            return self._convert(conversion)
        if name not in self._models:
            leave_a_core()
            base = plain(name)
            if base == name:
                self._drop_large(name)
                self._models[name] = load_model(name)
                _freeze()
            else:
                tokenizer = ChatTokenizer.from_directory(locate(base))
                self._models[name] = chatting(self.model(base), tokenizer)
        return self._models[name]

    def _drop_large(self, name: str) -> None:
        """One large model at a time: the next one needs the memory of the last."""
        if name not in LARGE:
            return
        left = [other for other in self._models if plain(other) in LARGE]
        for other in left:
            del self._models[other]
        if left:
            import torch

            gc.unfreeze()
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def keep_text(self, text: str) -> str:
        """Keeps a reader's calibration text; returns its key for a `Conversion`."""
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._texts[key] = text
        self._texts.move_to_end(key)
        while len(self._texts) > KEPT_TEXTS:
            self._texts.popitem(last=False)
        return key

    def calibration(self, name: str, text: str = "") -> "Calibration":
        """The calibration of an open model on the shipped texts or a kept one; others go on.

        Raises:
            EngineBusy: it is being made just now.
            ValueError: the text is empty, or not kept any more.
        """
        from mla_core.convert import Calibration

        key = (name, text)
        if text and text not in self._texts:
            raise ValueError("This calibration text is not kept any more: give it again.")
        if key in self.calibrating:
            raise EngineBusy(f"{name} is being calibrated: try again in a minute.")
        if key not in self._calibrations:
            texts = [self._texts[text]] if text else None

            def between(done: int, total: int) -> None:
                self.calibrating[key] = (done, total)
                self.give_way()

            self.calibrating[key] = (0, 1)
            try:
                # readers' texts are not written to disk: there may be any number of them
                made = Calibration(self.model(name), texts, between, keep=not text)
                self._calibrations[key] = made
            finally:
                del self.calibrating[key]
            while len(self._calibrations) > CALIBRATIONS:
                self._calibrations.popitem(last=False)
            _freeze()
        self._calibrations.move_to_end(key)
        return self._calibrations[key]

    def _convert(self, conversion: Conversion) -> "LanguageModel":
        from mla_core.convert import allocate_ranks, convert_to_mla

        name = str(conversion)
        if name not in self._converted:
            calibration = self.calibration(conversion.model, conversion.text)
            rank: int | tuple[int, ...] = conversion.rank
            if conversion.layerwise:
                layers = calibration.model.config.num_hidden_layers
                rank = allocate_ranks(calibration, conversion.rank * layers)
            self._converted[name] = convert_to_mla(
                calibration.model, rank, conversion.method, calibration
            )
        self._converted.move_to_end(name)
        while len(self._converted) > CONVERTED:
            self._converted.popitem(last=False)
        return self._converted[name]

    def baseline(self, name: str) -> "Traceable":
        """GPT-2 through TransformerLens."""
        from mla_core.inference.baseline import baseline

        if name not in self._baselines:
            self._baselines[name] = baseline(name)
            _freeze()
        return self._baselines[name]


def leave_a_core() -> None:
    """One core stays with the server: with all of them torch starves waiting sessions."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))


def _freeze() -> None:
    """Models leave the garbage collector's sight: Streamlit collects after every script run."""
    gc.collect()
    gc.freeze()
