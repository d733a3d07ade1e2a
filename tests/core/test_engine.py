"""One worker for everybody: dropping, refusing, remembering, surviving."""

import subprocess
import sys
import threading
import weakref
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mla_core import Engine, Request
from mla_core.engine import EngineBusy
from mla_core.engine.answers import Answers
from mla_core.experiments.every_head import Ablation
from mla_core.experiments.latent_compression import (
    Calibrate,
    Descend,
    Inspect,
    Loss,
    MeasureLoss,
    Prove,
)
from mla_core.experiments.latent_compression.compute import MOVED
from mla_core.records.record import size_of
from tests.core.jobs import (
    BEGUN,
    COMPUTED,
    GO,
    Failing,
    Piecewise,
    Quick,
    WithoutGradients,
)

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
        broken.setitem(sys.modules, "mla_core.experiments.side_by_side.compute", None)
        with pytest.raises(ImportError):
            engine.run(Request("mini-mla", "Hello"))
    assert engine.run(Request("mini-mla", "Hello")).model == "mini-mla"


@pytest.fixture
def jobs():
    """Nothing computed yet, and nobody told to go on."""
    COMPUTED.clear()
    GO.clear()
    BEGUN.clear()
    yield
    GO.set()


def busy(engine: Engine, **options: Any) -> Future[Loss]:
    """A patient job that the worker has begun, and that waits for `GO`."""
    future = engine.submit(Piecewise("busy", **options))
    assert BEGUN.wait(60)
    return future


def names() -> list[str]:
    return [job.name for job in COMPUTED]


def test_what_nobody_waits_for_is_dropped_and_a_full_queue_refuses(jobs):
    engine = Engine(queue_size=3)
    first = busy(engine)
    stale, wanted = engine.submit(Quick("stale")), engine.submit(Quick("wanted"))
    engine.submit(Quick("third"))
    with pytest.raises(EngineBusy, match="3 requests are waiting"):
        engine.submit(Quick("too many"))
    stale.cancel()
    GO.set()
    first.result(60)
    assert wanted.done() and names() == ["wanted", "third", "busy"]


def test_a_waiter_that_leaves_drops_its_request(jobs):
    class Left(Exception):
        pass

    def leave() -> None:
        raise Left

    engine = Engine()
    first = busy(engine)
    with pytest.raises(Left):
        engine.run_all([Quick("stale"), Quick("stale too")], still_wanted=leave)
    GO.set()
    first.result(60)
    engine.run(Quick("last"))
    assert names() == ["busy", "last"]


def test_answers_that_do_not_depend_on_each_other_are_in_line_together(jobs):
    engine = Engine()
    first = busy(engine)
    asking = threading.Thread(target=engine.run_all, args=([Quick("a"), Quick("b")],))
    asking.start()
    while engine._queue._line.qsize() < 2:  # both, before either is answered
        assert not first.done()
    GO.set()
    asking.join(60)
    assert names() == ["a", "b", "busy"]


def test_a_job_that_nobody_waits_for_any_more_stops_at_its_next_piece(jobs):
    engine = Engine()
    first = busy(engine, pieces=3)
    first.cancel()
    GO.set()
    engine.run(Quick("next"))
    assert names() == ["next"] and engine.progress(Piecewise("busy", 3)) is None


def test_the_key_of_an_answer_counts_too(monkeypatch):
    monkeypatch.setattr("mla_core.engine.answers.REMEMBERED_BYTES", 10_000)
    engine = Engine()
    uploads = [Quick(str(i), data=bytes(4_000)) for i in range(4)]
    for job in uploads:
        engine.run(job)
    assert [bool(engine.remembered(job)) for job in uploads] == [False, False, True, True]
    assert engine._answers.nbytes <= 10_000


@given(sizes=st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 900)), max_size=12))
def test_what_is_held_never_passes_the_bound_but_for_the_last(sizes):
    answers, bound = Answers(), 10_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mla_core.engine.answers.REMEMBERED_BYTES", bound)
        for i, (data, length) in enumerate(sizes):
            job = Quick(str(i), data=bytes(data))
            answers.put(job, Ablation(0, 0.0, np.zeros(length)))
            held = [job for job in answers._answers]
            counted = sum(size_of(job) + answers.get(job).nbytes for job in held)
            assert counted == answers.nbytes and (counted <= bound or len(held) == 1)


def test_a_large_model_that_a_paused_job_holds_is_not_joined_by_another(jobs, monkeypatch):
    """Two would not fit: the second one waits until the first is free, and then takes its place."""
    monkeypatch.setattr("mla_core.engine.pool.LARGE", {"mini-mha": 0, "mini-gqa": 0})
    engine = Engine()
    first = busy(engine, model="mini-mha")
    other = engine.submit(Request("mini-gqa", "Hello"))
    small = engine.submit(Request("mini-mla", "Hello"))
    held = weakref.ref(engine._pool.model("mini-mha"))
    GO.set()
    assert (small.result(60) and not first.done()) or first.result(60)
    first.result(60)
    assert other.result(60).model == "mini-gqa"
    assert not engine.is_open("mini-mha") and held() is None


def test_what_failed_keeps_no_model(monkeypatch):
    monkeypatch.setattr("mla_core.engine.pool.LARGE", {"mini-mha": 0, "mini-gqa": 0})
    engine = Engine()
    failed = engine.submit(Failing("mini-mha"))
    with pytest.raises(RuntimeError, match="nothing good came of mini-mha"):
        failed.result(60)
    held = weakref.ref(engine._pool.model("mini-mha"))
    engine.run(Request("mini-gqa", "Hello"))
    assert held() is None


def test_readers_who_calibrate_on_their_own_text_are_served_in_order(jobs, tmp_path, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    engine, order, depths = Engine(), [], []
    tell = engine.tell

    def noted(done: int, total: int, so_far: Any = None) -> None:
        depths.append(engine._queue.depth)
        tell(done, total, so_far)

    monkeypatch.setattr(engine, "tell", noted)
    first = busy(engine)
    texts = [f"The dog number {i} ran over the green hill and into the house. " for i in range(3)]
    futures = []
    for text in texts:
        job = Inspect(f"mini-gpt2@16#{engine.keep_text(text * 12)}")
        futures.append(engine.submit(job))
        futures[-1].add_done_callback(lambda _, name=job.name: order.append(name))
    GO.set()
    first.result(60)
    names = [f"mini-gpt2@16#{engine.keep_text(text * 12)}" for text in texts]
    for future in futures:
        assert future.result(60).calibration_tokens > 100
    assert order == names and set(depths) == {1}


def test_memory_is_bounded_in_bytes(monkeypatch):
    engine = Engine()
    texts = [f"A text with the number {i}" for i in range(5)]
    one = engine.run(Request("mini-mla", texts[0])).nbytes
    monkeypatch.setattr("mla_core.engine.answers.REMEMBERED_BYTES", int(3.5 * one))
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
        "import sys, mla_core, mla_core.engine, mla_core.experiments.every_head.kinds, ui.jobs.live, ui.opening.prompt, ui.show.export;"
        "import ui.components.side_by_side;"
        "from mla_core import Trace; Trace.load('assets/traces/flag.mini-mla.npz');"
        "assert not {'torch', 'transformers'} & set(sys.modules), 'too much imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_patient_jobs_give_way_and_wait_for_each_other(jobs):
    engine = Engine()
    first = busy(engine, pieces=3)
    second = engine.submit(Piecewise("second"))
    engine.submit(Quick("quick"))
    GO.set()
    first.result(60)
    second.result(60)
    assert names() == ["quick", "busy", "second"]


def test_who_is_let_in_can_take_gradients():
    """A model that is opened in the middle of a run without gradients can be calibrated later."""
    engine = Engine()
    own = engine.keep_text("The dog ran over the green hill and into the small house. " * 20)
    outer = WithoutGradients()
    measured = engine.submit(outer)
    assert outer.begun.wait(60)
    job = Inspect(f"mini-gpt2@16#{own}")  # opens the model and calibrates it
    opened, inspected = engine.submit(Request("mini-gpt2", "Hello")), engine.submit(job)
    outer.go.set()
    assert measured.result(60) and opened.result(60)
    assert inspected.result(60).calibration_tokens > 100
    assert not next(engine._pool.model("mini-gpt2").parameters()).is_inference()


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
    seen, give_way = [], engine.give_way
    monkeypatch.setattr(
        engine,
        "give_way",
        lambda: (seen.append(engine.progress(Calibrate("mini-gqa"))), give_way()),
    )
    assert engine.run(Calibrate("mini-gqa")).tokens > 1000
    assert [far.done for far in seen] == list(range(1, seen[-1].total + 1))
    assert engine.progress(Calibrate("mini-gqa")) is None
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
    # what was made of the text serves as long as it is kept itself
    assert engine.run(Inspect(f"mini-gpt2@17#{key}")).calibration_tokens == own.calibration_tokens
    assert engine.run(Request("mini-gpt2@16#" + key, "Hello")).model == "mini-gpt2@16"


def test_a_calibration_under_way_leaves_finished_ones_usable(tmp_path, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    engine = Engine()
    engine.run(Inspect("mini-gpt2@16"))
    own = engine.keep_text("The dog ran over the green hill and into the small house. " * 20)
    during, give_way = [], engine.give_way

    def meanwhile() -> None:
        if not during:  # another reader, with our text and another rank
            during.append(engine.submit(Inspect("mini-gpt2@17")))
        give_way()
        assert during[0].done()

    monkeypatch.setattr(engine, "give_way", meanwhile)
    engine.run(Inspect(f"mini-gpt2@16#{own}"))
    assert during[0].result(0).config.ranks == (17,) * 8
