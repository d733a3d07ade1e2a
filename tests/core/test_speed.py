"""The benchmark of decode steps: what it counts, what it times, and what it says when it cannot."""

import threading
from concurrent.futures import CancelledError

import pytest
import torch

from mla_core.arithmetic.roofline import TB, TFLOP, Gpu
from mla_core.bench import layers, machine, peers, speed, whole_model
from mla_core.bench.__main__ import main
from mla_core.bench.speed import Plan, bench_speed, measure, plan_for_here, table
from mla_core.engine import Engine
from mla_core.experiments.speed import Measure
from mla_core.experiments.speed.timings import (
    ABSORBED,
    KINDS,
    LATENT,
    NAIVE,
    SpeedRun,
    Timing,
    work,
)
from mla_core.models.devices import free_and_total
from mla_core.models.locate import ASSETS

H200 = Gpu(0, 4.3 * TB, 790 * TFLOP, "core figures")


def nothing() -> None:
    """Between two steps."""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Ceilings and timings of a moment: their sizes are not what is tested."""
    monkeypatch.setattr(machine, "SECONDS", 0.001)
    monkeypatch.setattr(machine, "BETWEEN", 2**20)


@pytest.fixture
def small(monkeypatch):
    """A matrix product and a copy that take no time, so that a run does not."""
    monkeypatch.setattr(machine, "ceilings", lambda between: (1e10, 1e11))
    return Plan(((1, 16), (2, 32)), 0, 0, room=1e9, slowest=60)


@pytest.mark.parametrize(
    ("kind", "nbytes", "flops"),
    [
        ("MHA", 65_536, 65_536),
        ("GQA-8", 4_096, 65_536),
        ("MQA", 512, 65_536),
        (ABSORBED, 1_152, 278_528),
        # written and read back: 128 heads of 192 + 128 numbers; rebuilt: 512 x 256 products a head
        (NAIVE, 1_152 + 2 * 81_920, 81_920 + 2 * 512 * 128 * 256),
    ],
)
def test_a_step_counts_what_a_token_of_context_costs(kind, nbytes, flops):
    share = work(kind, 8, 8192, "bfloat16")
    assert share.nbytes == 65_536 * nbytes and share.flops == 65_536 * flops
    assert work(kind, 8, 8192, "float32").nbytes == 2 * share.nbytes


def test_the_floors_are_those_of_a_roofline_by_hand():
    """Microseconds on a GPU with 4.3 TB/s and 790 TFLOP/s."""
    assert work(ABSORBED, 128, 4096, "bfloat16").seconds(H200) == pytest.approx(184.8e-6, rel=1e-3)
    assert work(ABSORBED, 1, 1024, "bfloat16").seconds(H200) == pytest.approx(0.36e-6, rel=1e-2)
    rebuilt = work(NAIVE, 8, 8192, "bfloat16")
    assert rebuilt.flops / H200.flops == pytest.approx(2790e-6, rel=1e-3)
    assert rebuilt.nbytes / H200.bandwidth == pytest.approx(2515e-6, rel=1e-3)


@pytest.mark.parametrize("name", ["h200", "cpu"])
def test_recorded_runs_are_whole_and_come_back_as_they_were(name, tmp_path):
    path = ASSETS / "bench" / f"speed_{name}.json"
    run = SpeedRun.load(path)
    run.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == path.read_text()
    assert run.compared() and run.date and run.versions and run.source
    for timing in run.timings:
        assert timing.kind in KINDS and (timing.seconds is None) == bool(timing.problem)
    best = run.fastest(ABSORBED, *run.compared()[-1])
    assert best and run.floor(best) < best.seconds


def test_the_recorded_h200_says_what_the_ledger_says():
    run = SpeedRun.load(ASSETS / "bench" / "speed_h200.json")
    seconds = {
        (t.kind, t.through): t.seconds for t in run.timings if (t.batch, t.context) == (128, 4096)
    }
    flash = seconds[ABSORBED, "FlashMLA"]
    assert seconds["MHA", "torch SDPA"] / flash == pytest.approx(32.5, abs=0.1)
    assert seconds["GQA-8", "torch SDPA"] / flash == pytest.approx(2.1, abs=0.05)
    mla, mha = (run.share(Timing(k, "", 128, 4096, 0.0)) for k in (ABSORBED, "MHA"))
    assert mha.nbytes / mla.nbytes == pytest.approx(56.9, abs=0.05)
    assert mla.flops / mha.flops == 4.25


def test_every_way_of_a_kind_computes_the_same():
    """From the same queries and caches: what is compared is one thing done in several ways."""
    torch.manual_seed(0)
    for kind in ("MHA", "GQA-8", "MQA", ABSORBED):
        made = {}
        for through, runs in layers.ways(kind, 1, 24, copies=1):
            out = runs[0]()
            assert isinstance(out, torch.Tensor)
            made[through] = out.reshape(-1)
        first, *others = made.values()
        for other in others:
            assert torch.allclose(first, other, atol=1e-3), kind


def test_rebuilt_and_absorbed_are_the_same_layer():
    """The identity that makes their times comparable, at DeepSeek-V3's size."""
    torch.manual_seed(0)
    ((_, (rebuilt,)),) = layers.ways(NAIVE, 1, 12, copies=1)
    layer, (q_nope, q_rope, c_kv, k_rope) = rebuilt.func.__self__, rebuilt.args
    with torch.inference_mode():
        step = layer.absorbed_step(q_nope[:, :, 0], q_rope[:, :, 0], c_kv, k_rope)
        assert torch.allclose(rebuilt().reshape(1, -1), step, atol=1e-3)


def test_transformers_layer_reads_the_cache_that_it_is_given(monkeypatch):
    """On a small one of its kind: its output depends on the held rows, which stay as they are."""
    from transformers import DeepseekV3Config

    def tiny(**more):
        return DeepseekV3Config(
            hidden_size=32, num_attention_heads=2, num_key_value_heads=2, q_lora_rank=16,
            kv_lora_rank=16, qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=8, **more,
        )  # fmt: skip

    monkeypatch.setattr("transformers.DeepseekV3Config", tiny)
    ((name, runs),) = peers.transformers_layer(2, 20, copies=2)
    with torch.inference_mode():
        first, second = (run()[0] for run in runs)
    assert name == "transformers" and first.shape == (2, 1, 32)
    assert not torch.allclose(first, second) and torch.equal(runs[0]()[0], first)


def test_peers_that_are_not_installed_are_left_out():
    q = torch.randn(1, 128, 512), torch.randn(1, 128, 64)
    assert not list(peers.latent_kernels(*q, [torch.randn(1, 64, 576)], 0.1))


def test_a_run_grows_result_by_result(small):
    runs = list(measure(small, nothing))
    assert not runs[0].timings and runs[0].copy == 1e10
    assert [len(run.timings) for run in runs] == list(range(len(runs)))
    last = runs[-1]
    assert last.points() == [(1, 16), (2, 32)] == last.compared()
    assert {t.kind for t in last.timings} == set(KINDS)
    assert all(t.seconds and t.seconds > 0 for t in last.timings)
    printed = table(last)
    assert "| 2 x 32 | MLA absorbed | matrix products |" in printed


def test_what_would_not_fit_or_take_too_long_gets_a_sentence(small):
    tight = Plan(((1, 16), (1, 512)), 0, 0, room=3e7, slowest=0.002)
    last = list(measure(tight, nothing))[-1]
    told = {(t.kind, t.context): t.problem for t in last.timings if t.problem}
    assert told["MHA", 512] == "It needs 0.1 GB; 0.0 GB are free for this."
    assert "One step would take 0.0054 s or more" in told[NAIVE, 16]
    assert last.fastest(ABSORBED, 1, 512) is not None
    assert "left out" in table(last)


def test_memory_that_ends_in_the_middle_keeps_what_was_measured(small, monkeypatch):
    real = layers.ways

    def failing(kind, batch, context, copies):
        yield from real(kind, batch, context, copies)
        if kind == "GQA-8":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80 GiB")

    monkeypatch.setattr(speed, "ways", failing)
    last = list(measure(small, nothing))[-1]
    assert [t.problem for t in last.timings if t.problem] == ["The memory did not suffice."] * 2
    assert last.fastest("GQA-8", 1, 16) and last.fastest(ABSORBED, 2, 32)

    def broken(*_):
        raise RuntimeError("shapes do not fit")
        yield

    monkeypatch.setattr(speed, "ways", broken)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        list(measure(small, nothing))


def test_a_reader_can_stop_it_and_others_go_first(small, monkeypatch):
    monkeypatch.setattr(speed, "plan_for_here", lambda live: small)
    engine, told, asked = Engine(), [], threading.Event()
    tell, futures = engine.tell, []

    def watched(done, total, run):
        assert asked.wait(60)
        tell(done, total, run)
        told.append(engine.progress(Measure(1)))
        if done == 3:
            futures[0].cancel()

    monkeypatch.setattr(engine, "tell", watched)
    futures.append(engine.submit(Measure(1)))
    asked.set()
    with pytest.raises(CancelledError):
        futures[0].result(60)
    given = []
    monkeypatch.setattr(engine, "give_way", lambda: given.append(1))
    monkeypatch.setattr(engine, "tell", lambda *_: None)
    whole = engine.run(Measure(2))
    assert [far.done for far in told] == [0, 1, 2, 3]
    assert len(told[-1].so_far.timings) == 3 and told[-1].total == 2 * len(KINDS)
    assert len(given) >= 3 * len(whole.timings)


def test_it_is_cut_to_the_machine():
    live, alone = plan_for_here(live=True), plan_for_here()
    free, total = free_and_total(machine.device())
    assert 0 < live.room < free <= total
    if not torch.cuda.is_available():
        assert live.slowest < 0.2 and not live.layers and alone.layers


@pytest.fixture
def thin(monkeypatch):
    """The whole model's shape at a hundredth of its size."""
    real = whole_model.config_of

    def config_of(attention, layers, context):
        config = real(attention, layers, context)
        import dataclasses

        return dataclasses.replace(config, vocab_size=50, intermediate_size=32)

    monkeypatch.setattr(whole_model, "config_of", config_of)


def test_whole_models_are_measured_at_the_largest_batch_that_fits(thin):
    room = 2e8
    mha, same, own = whole_model.measure_whole(1, 30, room, nothing)
    assert (mha.attention, same.attention, own.attention) == ("MHA", "MLA", "MLA")
    assert mha.batch == same.batch < own.batch and all(one.rate > 0 for one in (mha, same, own))
    weights = sum(p.nbytes for p in whole_model.build("MHA", 1, 30).parameters())
    one = mha.nbytes / mha.batch * 31 / 30  # with the row of the new token
    assert mha.batch * one + weights <= room < (mha.batch + 1) * one + weights
    assert mha.nbytes / same.nbytes == pytest.approx(2 * 16 * 128 / 576)


def test_a_whole_model_without_room_says_so(thin):
    results = list(whole_model.measure_whole(1, 30, 10.0, nothing))
    assert all(one.problem == "The memory did not suffice." for one in results)
    assert all(one.rate == 0 for one in results)


def test_a_whole_model_that_cannot_even_be_built_says_so(thin, monkeypatch):
    def build(attention, layers, context):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(whole_model, "build", build)
    results = list(whole_model.measure_whole(1, 30, 1e9, nothing))
    assert [one.attention for one in results] == ["MHA", "MLA"]
    assert all(one.problem == "The memory did not suffice." for one in results)


def test_one_gpus_memory_is_not_that_of_all(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda i: (10 + i, 100))
    assert free_and_total(torch.device("cuda", 1)) == (11, 100)
    assert free_and_total(torch.device("cuda")) == (33, 300)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["speed"], "speed needs --out"),
        (["growth", "speed", "--out", "x"], "growth and speed would write one file"),
    ],
)
def test_the_command_says_what_it_cannot_do(arguments, sentence, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert sentence in capsys.readouterr().err


def test_a_filled_cache_is_one_step_from_its_next_token(thin):
    """The timed step equals the same step over a cache that was filled token by token."""
    torch.manual_seed(0)
    model = whole_model.build("MLA", 2, 9)
    ids = torch.randint(50, (2, 8))
    with torch.inference_mode():
        grown = model.new_cache()
        model(ids[:, :7], cache=grown)
        wanted = model(ids[:, 7:], cache=grown, mode="absorbed")
        cache = whole_model.filled(model, 2, 7)
        for layer, source in zip(cache, grown, strict=True):
            for name in layer:
                layer[name].copy_(source[name][..., :7, :])
        assert cache.length == 7
        assert torch.allclose(model(ids[:, 7:], cache=cache, mode="absorbed"), wanted, atol=1e-5)


def test_the_command_writes_after_every_result(small, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(speed, "plan_for_here", lambda: small)
    bench_speed(tmp_path / "out" / "run.json", whole=False)
    run = SpeedRun.load(tmp_path / "out" / "run.json")
    assert len(run.timings) >= 2 * len(KINDS) and not run.whole
    assert "| batch x context | attention |" in capsys.readouterr().out


def test_the_shape_is_deepseek_v3s():
    from mla_core.arithmetic.architectures import PUBLISHED

    assert PUBLISHED["DeepSeek-V3 / R1"].latent == LATENT
