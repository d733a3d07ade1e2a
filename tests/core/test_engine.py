"""One worker for everybody: dropping, refusing, remembering, surviving."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from mla_core import Engine, Request
from mla_core.engine import EngineBusy
from mla_core.models.config import read_config
from mla_core.models.locate import locate
from mla_core.traces import Trace

FLAG = "The American flag is red, white, and"


@pytest.fixture(scope="module")
def engine():
    return Engine()


def test_a_request_becomes_a_trace_of_prompt_and_continuation(engine):
    trace = engine.run(Request("mini-mla", FLAG, new_tokens=3))
    assert trace.prompt_length == 10 and len(trace.tokens) == 13
    assert trace.text.startswith(FLAG + " blue")
    assert trace.cache_nbytes == tuple(2560 * i for i in range(1, 14))
    assert engine.run(Request("mini-mla", FLAG, new_tokens=3)) is trace  # remembered


def test_the_baseline_reads_what_the_decoder_wrote(engine):
    through = engine.run(Request("mini-gpt2", FLAG, new_tokens=4, through_baseline=True))
    ours = engine.run(Request("mini-gpt2", FLAG, new_tokens=4))
    assert through.engine == "TransformerBridge" and through.token_ids == ours.token_ids
    assert np.abs(through.pattern - ours.pattern).max() < 1e-4


def test_one_model_can_follow_the_other(engine):
    lead = engine.run(Request("mini-mla", FLAG, 8, temperature=1.2, seed=5))
    follower = engine.run(Request("mini-gpt2", FLAG, 8, 1.2, 5, follow="mini-mla"))
    assert follower.token_ids == lead.token_ids and follower.model == "mini-gpt2"
    other = engine.run(Request("mini-mla", FLAG, 8, temperature=1.2, seed=6))
    assert other.token_ids != lead.token_ids


def test_a_full_context_ends_the_continuation(engine):
    trace = engine.run(Request("mini-mla", "word " * 507, new_tokens=40, record=("logits",)))
    assert len(trace.tokens) == 512


@pytest.mark.parametrize("bad", [Request("mini-mla", " "), Request("no-model", "a")])
def test_a_bad_request_fails_alone(engine, bad):
    with pytest.raises(ValueError):
        engine.run(bad)
    assert engine.run(Request("mini-mla", "Still here")).model == "mini-mla"


def test_a_failed_import_is_told_and_tried_again(monkeypatch):
    """Importing torch in a busy server can fail once; the worker must outlive it."""
    engine = Engine()
    with monkeypatch.context() as broken:
        broken.setitem(sys.modules, "mla_core.decoder", None)  # imports of it now fail
        with pytest.raises(ImportError):
            engine.run(Request("mini-mla", "Hello"))
    assert engine.run(Request("mini-mla", "Hello")).model == "mini-mla"


class SlowEngine(Engine):
    """Answers when told to, and keeps a list of what it computed."""

    def __init__(self, queue_size: int) -> None:
        super().__init__(queue_size)
        self.go, self.computed = threading.Event(), []

    def _compute(self, request: Request) -> Trace:
        self.go.wait(10)
        self.computed.append(request.prompt)
        config = read_config(locate("mini-mla"))
        return Trace("m", config, "e", "cpu", "float32", (), (), False, 0, (), {})


def test_what_nobody_waits_for_is_dropped_and_a_full_queue_refuses():
    engine = SlowEngine(queue_size=3)
    first = engine.submit(Request("m", "first"))
    while not first.running():
        pass
    stale, wanted = engine.submit(Request("m", "stale")), engine.submit(Request("m", "wanted"))
    engine.submit(Request("m", "third"))
    with pytest.raises(EngineBusy, match="3 requests are waiting"):
        engine.submit(Request("m", "too many"))
    stale.cancel()
    engine.go.set()
    wanted.result(10)
    assert engine.computed[:2] == ["first", "wanted"]


def test_a_waiter_that_leaves_drops_its_request():
    class Left(Exception):
        pass

    def leave() -> None:
        raise Left

    engine = SlowEngine(queue_size=5)
    first = engine.submit(Request("m", "first"))
    with pytest.raises(Left):
        engine.run(Request("m", "stale"), still_wanted=leave)
    engine.go.set()
    first.result(10)
    engine.run(Request("m", "last"))
    assert engine.computed == ["first", "last"]


def test_memory_is_bounded_in_bytes(monkeypatch):
    engine = Engine()
    texts = [f"A text with the number {i}" for i in range(5)]
    one = engine.run(Request("mini-mla", texts[0])).nbytes
    monkeypatch.setattr("mla_core.engine.REMEMBERED_BYTES", 3 * one)
    for text in texts:
        engine.run(Request("mini-mla", text))
    kept = [text for text in texts if engine.remembered(Request("mini-mla", text))]
    assert kept == texts[-3:]


def test_many_threads_get_their_own_answers(engine):
    prompts = [f"The number {i} is" for i in range(12)]
    expected = {p: engine.run(Request("mini-mla", p)).token_ids for p in prompts}
    fresh, got = Engine(), {}

    def ask(prompt: str) -> None:
        got[prompt] = fresh.run(Request("mini-mla", prompt)).token_ids

    threads = [threading.Thread(target=ask, args=(p,)) for p in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got == expected


def test_pages_can_be_imported_without_torch():
    """The first picture must not wait for torch, nor a recorded trace need it."""
    code = (
        "import sys, mla_core, mla_core.engine, mla_core.heads, ui.live, ui.prompt, ui.export;"
        "import ui.components.stage;"
        "from mla_core import Trace; Trace.load('assets/traces/flag.mini-mla.npz');"
        "assert not {'torch', 'transformers'} & set(sys.modules), 'too much imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
