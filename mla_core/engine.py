"""`Engine.run(request) -> Trace`: one worker thread for all the sessions of a server.

Torch is fastest, and TransformerLens' hooks only correct, when one thread at a time runs the
models. Models are opened once and stay; equal requests are answered from a small memory.
"""

import gc
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from queue import Full, Queue
from typing import TYPE_CHECKING

from mla_core.traces import Trace

if TYPE_CHECKING:
    from mla_core.models.language_model import LanguageModel
    from mla_core.tracing import Traceable

POLL_SECONDS = 0.25  # a finished answer is not waited for: this is how soon a leaver is noticed
REMEMBERED_BYTES = 256 * 2**20  # of traces, the latest first


class EngineBusy(RuntimeError):
    """More requests are waiting than the queue holds."""


@dataclass(frozen=True)
class Request:
    """One text through one model, continued by some tokens.

    Attributes:
        model: an embedded model or a directory.
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


class Engine:
    """A queue, a worker, and the models.

    Args:
        queue_size: requests that may wait; one more is refused.
    """

    def __init__(self, queue_size: int = 128) -> None:
        self._queue: Queue[tuple[Request, Future[Trace]]] = Queue(queue_size)
        self._memory: OrderedDict[Request, Trace] = OrderedDict()
        self._models: dict[str, LanguageModel] = {}
        self._baselines: dict[str, Traceable] = {}
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()

    def remembered(self, request: Request) -> Trace | None:
        """The trace of an earlier equal request, without waiting."""
        return self._memory.get(request)

    def submit(self, request: Request) -> Future[Trace]:
        """Queues a request; cancel the future when nobody waits for it any more.

        Raises:
            EngineBusy: the queue is full.
        """
        future: Future[Trace] = Future()
        remembered = self.remembered(request)
        if remembered is not None:
            future.set_result(remembered)
            return future
        self._start()
        try:
            self._queue.put_nowait((request, future))
        except Full:
            raise EngineBusy(
                f"{self._queue.maxsize} requests are waiting already: try again in a moment."
            ) from None
        return future

    def run(self, request: Request, still_wanted: Callable[[], object] | None = None) -> Trace:
        """Waits for the trace of `request`.

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
            request, future = self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue  # nobody waits for it any more
            try:
                future.set_result(self._answer(request))
            except Exception as error:  # nothing that goes wrong may end the worker
                future.set_exception(error)

    def _answer(self, request: Request) -> Trace:
        trace = self._memory.get(request)
        if trace is None:
            trace = self._compute(request)
        self._memory[request] = trace
        self._memory.move_to_end(request)
        while len(self._memory) > 1 and self._remembered_bytes() > REMEMBERED_BYTES:
            self._memory.popitem(last=False)
        return trace

    def _remembered_bytes(self) -> int:
        return sum(trace.nbytes for trace in self._memory.values())

    def _compute(self, request: Request) -> Trace:
        from mla_core.decoder import Decoder
        from mla_core.tracing import encode_prompt, trace_ids

        model = self._model(request.model)
        ids = encode_prompt(model, request.prompt, bos=True)
        prompt_length = len(ids)
        room = model.config.max_position_embeddings - prompt_length
        new_tokens = min(request.new_tokens, room)
        followed: list[int] = []
        if request.follow is not None and request.follow != request.model:
            lead = Request(
                request.follow, request.prompt, new_tokens, request.temperature, request.seed
            )
            followed = list(self._answer(lead).token_ids[prompt_length:])
        decoder = Decoder(model)
        decoder.prefill_ids(ids + followed)
        for _ in range(new_tokens - len(followed)):
            decoder.step(request.temperature, seed=request.seed)
        cache = decoder.cache
        runner = self._baseline(request.model) if request.through_baseline else model
        return trace_ids(
            runner,
            decoder.token_ids,
            has_bos=model.config.bos_token_id is not None,
            record=request.record,
            prompt_length=prompt_length,
            cache_nbytes=tuple(map(cache.nbytes_of, range(1, cache.length + 1))),
        )

    def _model(self, name: str) -> "LanguageModel":
        import torch

        from mla_core.models.checkpoint import load_model

        if name not in self._models:
            # one core stays with the server: with all of them torch starves waiting sessions
            torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
            self._models[name] = load_model(name)
            _freeze()
        return self._models[name]

    def _baseline(self, name: str) -> "Traceable":
        from mla_core.bridge import baseline

        if name not in self._baselines:
            self._baselines[name] = baseline(name)
            _freeze()
        return self._baselines[name]


def _freeze() -> None:
    """Models leave the garbage collector's sight: Streamlit collects after every script run."""
    gc.collect()
    gc.freeze()
