"""One worker for everybody: dropping, refusing, remembering, surviving."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from mla_core import Engine, Request
from mla_core.engine.engine import EngineBusy
from mla_core.experiments.latent_compression.compare import MOVED, Descend
from mla_core.experiments.latent_compression.compression import (
    Calibrate,
    Inspect,
    Loss,
    MeasureLoss,
)
from mla_core.experiments.latent_compression.exactness import Prove
from mla_core.models.families import read_config
from mla_core.models.locate import locate
from mla_core.records.trace import Trace

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
        broken.setitem(sys.modules, "mla_core.inference.decoder", None)  # imports of it now fail
        with pytest.raises(ImportError):
            engine.run(Request("mini-mla", "Hello"))
    assert engine.run(Request("mini-mla", "Hello")).model == "mini-mla"


class SlowEngine(Engine):
    """Answers when told to, and keeps a list of what it computed."""

    def __init__(self, queue_size: int) -> None:
        super().__init__(queue_size)
        self.go, self.computed = threading.Event(), []

    def answer(self, request: Request) -> Trace:
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
    monkeypatch.setattr("mla_core.engine.engine.REMEMBERED_BYTES", 3 * one)
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
        "import sys, mla_core, mla_core.engine.engine, mla_core.experiments.every_head.kinds, ui.jobs.live, ui.opening.prompt, ui.show.export;"
        "import ui.components.side_by_side;"
        "from mla_core import Trace; Trace.load('assets/traces/flag.mini-mla.npz');"
        "assert not {'torch', 'transformers'} & set(sys.modules), 'too much imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class Patient:
    """A long job in pieces that notes who came in between."""

    patient = True

    def __init__(self, pieces: int, begun: threading.Event, go: threading.Event) -> None:
        self.pieces, self.begun, self.go = pieces, begun, go

    def compute(self, engine: Engine) -> Loss:
        self.begun.set()
        self.go.wait(10)
        for _ in range(self.pieces):
            engine.give_way()
        return Loss(1.0, 1, 1)


def test_patient_jobs_give_way_and_wait_for_each_other(monkeypatch):
    engine, order = Engine(), []
    settle = engine._settle

    def noted(waiting):
        settle(waiting)
        order.append(waiting[2])

    monkeypatch.setattr(engine, "_settle", noted)
    begun, go = threading.Event(), threading.Event()
    first, second = Patient(3, begun, go), Patient(1, threading.Event(), go)
    futures = [engine.submit(first)]
    begun.wait(10)
    quick = Request("mini-mla", "Hello")
    futures += [engine.submit(second), engine.submit(quick)]
    go.set()
    for future in futures:
        future.result(60)
    assert order == [quick, first, second]


@dataclass(frozen=True)
class WithoutGradients:
    """Gives way in the middle of a run without gradients, as measurements do."""

    waiting: Any
    patient: ClassVar[bool] = True

    def compute(self, engine):
        with torch.inference_mode():
            engine.submit(self.waiting)
            engine.give_way()
            assert torch.is_inference_mode_enabled()
        return Loss(1.0, 1, 1)


def test_who_is_let_in_can_take_gradients():
    engine = Engine()
    own = engine.keep_text("The dog ran over the green hill and into the small house. " * 20)
    job = Inspect(f"mini-gpt2@16#{own}")  # opens the model and calibrates it
    engine.run(WithoutGradients(job))
    assert engine.run(job).calibration_tokens > 100
    assert not next(engine.model("mini-gpt2").parameters()).is_inference()


def test_conversions_are_models_by_name(engine, monkeypatch):
    request = Request("mini-gpt2@64", "Hello there", record=("pattern", "c_kv"))
    trace = engine.run(request)
    assert trace.model == "mini-gpt2@64" and trace.c_kv.shape[-1] == 64
    assert trace.cache_nbytes[-1] == len(trace.tokens) * 8 * 64 * 4
    spread = engine.run(Inspect("mini-gpt2@64/auto/layerwise"))
    assert sum(spread.config.ranks) == 8 * 64 and len(set(spread.config.ranks)) > 1
    for name, said in [
        ("mini-gpt2@0", "whole number from 1 to 256"),
        ("mini-gpt2@300", "whole number from 1 to 256"),
        ("mini-gpt2@64/magic", "method must be auto or one of"),
        ("mini-mla@16", "keeps a latent already"),
        ("nowhere@16", "neither a directory nor a known model"),
    ]:
        with pytest.raises(ValueError, match=said):
            engine.run(Request(name, "Hello"))
    with pytest.raises(ValueError, match="is not the name of a conversion"):
        engine.run(Inspect("mini-gpt2"))


def test_calibrating_shows_progress_and_lets_others_in(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr("mla_core.convert.calibration.WORK", 0)  # the fewest texts
    seen = []

    def while_calibrating(done: int, total: int) -> None:
        seen.append((done, total))

    give_way = engine.give_way
    monkeypatch.setattr(
        engine,
        "give_way",
        lambda: (while_calibrating(*engine.calibrating["mini-gqa", ""]), give_way()),
    )
    assert engine.run(Calibrate("mini-gqa")).tokens > 1000
    assert seen[-1][0] == seen[-1][1] and not engine.calibrating
    assert engine.remembered(Calibrate("mini-gqa"))


def test_the_facts_are_small_and_what_fails_first_is_found(engine):
    facts = engine.run(Prove("mini-gpt2", "The American flag is red, white, and"))
    assert facts.key_bias < 1e-5
    for difference in (facts.value_bias, facts.full_rank, facts.absorbed):
        assert 0 < difference < 1e-5 * facts.largest_logit
    found = engine.run(Descend("mini-gpt2", "The American flag is red, white, and"))
    assert found.head_rank > found.token_rank > 1 and found.moved >= MOVED
    assert found.was != found.became
    measured = engine.run(MeasureLoss("mini-gpt2"))
    assert 1.9 < measured.nats < 2.4 and measured.texts == 24


def test_a_readers_calibration_text_is_used_and_not_written_to_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    engine = Engine()
    key = engine.keep_text("The dog ran over the green hill and into the small house. " * 20)
    own = engine.run(Inspect(f"mini-gpt2@16#{key}"))
    ours = engine.run(Inspect("mini-gpt2@16"))
    assert own.calibration_tokens < ours.calibration_tokens
    assert not np.allclose(own.energy, ours.energy)
    assert not list(tmp_path.rglob("*.safetensors"))
    with pytest.raises(ValueError, match="not kept any more: give it again"):
        engine.run(Inspect("mini-gpt2@16#0123456789ab"))
    for number in range(100):  # readers come and go
        engine.keep_text(str(number))
    with pytest.raises(ValueError, match="not kept any more"):
        engine.run(Inspect(f"mini-gpt2@17#{key}"))
    assert engine.model("mini-gpt2@16#" + key).name == "mini-gpt2@16"


def test_a_calibration_under_way_leaves_finished_ones_usable(monkeypatch):
    engine = Engine()
    ours = engine.run(Inspect("mini-gpt2@16"))
    own = engine.keep_text("The dog ran over the green hill and into the small house. " * 20)
    during = []

    def meanwhile() -> None:
        if not during:  # another reader, with our text and another rank
            during.append(None)
            during[0] = Inspect("mini-gpt2@17").compute(engine)
            with pytest.raises(EngineBusy, match="mini-gpt2 is being calibrated"):
                engine.calibration("mini-gpt2", own)

    monkeypatch.setattr(engine, "give_way", meanwhile)
    engine.run(Inspect(f"mini-gpt2@16#{own}"))
    assert during[0].config.ranks == (17,) * 8
    assert during[0].calibration_tokens == ours.calibration_tokens
