"""The page "Speed" through AppTest: its numbers, its live run, and what it says when there is none."""

import csv
import io
import re
import time
from collections import defaultdict
from concurrent.futures import Future
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from mla_core.bench import machine
from mla_core.bench import speed as bench
from mla_core.bench.speed import Plan
from mla_core.engine import Progress
from mla_core.experiments.speed import Measure
from mla_core.experiments.speed.timings import ABSORBED, OURS, SpeedRun
from tests.pages.driving import open_page, spy_on
from ui.components import exports
from ui.jobs.recordings import recorded_bench
from ui.speed import measuring
from ui.speed import view as speed
from ui.speed.measuring import Measuring
from ui.speed.view import time_of
from ui.words.en import speed as words


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """What the page hands to the exports of its pictures, newest last."""
    return spy_on(monkeypatch, exports)


@pytest.fixture
def live(monkeypatch):
    """A server on which nothing was measured, and where a run takes moments."""
    monkeypatch.setenv("MLA_EXPLORER_OPERATOR", "1")
    fresh = Measuring()
    for module in (measuring, speed):
        monkeypatch.setattr(module, "LIVE", fresh)
    monkeypatch.setattr(machine, "SECONDS", 0.001)
    monkeypatch.setattr(machine, "ceilings", lambda between: (1e10, 1e11))
    plan = Plan(((1, 16), (2, 32)), 0, 0, room=1e9, slowest=60)
    monkeypatch.setattr(bench, "plan_for_here", lambda live: plan)
    return fresh


def text_of(app: AppTest) -> str:
    return "\n".join(part.value for part in (*app.markdown, *app.caption))


def rows_of(seen: list[dict], key: str) -> list[list[str]]:
    data = next(data for data in reversed(seen) if data["_key"] == f"{key}-exports")
    return list(csv.reader(io.StringIO(data["csv"])))


def test_a_large_model_beside_transformers_is_told_from_its_record():
    """Every row recomputed here; only on the machine that it was measured on."""
    rows = [row for row in recorded_bench("large_h200")["rows"] if "who" in row]
    timed = {(row["who"], row["batch"], row["context"]): row for row in rows}
    text = text_of(open_page("speed", part="whole", run="h200"))
    for (who, batch, context), ours in timed.items():
        theirs = timed["transformers", batch, context]
        if who == "ours" and "seconds" in theirs:
            times = theirs["seconds"] / ours["replayed"]
            rate = f"{batch / ours['replayed']:,.0f}"
            assert re.search(rf"\| {batch} × {context:,} .*\| {times:.3g}× \| {rate} \|", text)
            assert theirs["nbytes"] == ours["nbytes"] == batch * context * 27 * 576 * 2
    assert "64 × 32,768 | The memory did not suffice." in text
    assert "With its experts" not in text_of(open_page("speed", part="whole", run="cpu"))


@pytest.mark.parametrize("run", ["h200", "cpu"])
@pytest.mark.parametrize("part", words.PARTS)
def test_every_part_draws_every_recorded_run(part, run, seen):
    app = open_page("speed", part=part, run=run)
    assert not app.exception and not app.error
    assert seen or part == "kernel"


def test_small_and_large_points_of_every_part_draw(seen):
    points = speed.recorded_run("h200").compared()
    assert len(points) == 12
    for batch, context in (points[0], points[3], points[-1]):
        for part in ("steps", "roofline", "shares", "ledger", "whole"):
            app = open_page("speed", part=part, at=f"{batch}x{context}")
            assert not app.exception and not app.error
            if part in ("steps", "ledger"):
                assert f"{batch} × {context:,}" in text_of(app)


def test_the_ledger_is_the_division_of_what_was_measured():
    run = speed.recorded_run("h200")
    app = open_page("speed", part="ledger", at="128x4096")
    mha, mla = (run.fastest(kind, 128, 4096).seconds for kind in ("MHA", ABSORBED))
    assert f"**56.9× fewer bytes, 4.25× as many products, {mha / mla:.3g}× less time**" in text_of(
        app
    )
    assert "3.56× fewer" in text_of(app) and "2.13× less" in text_of(app)
    assert "4.25 times as\nmany" in text_of(app) and "3.4 times as many" in text_of(app)
    assert "33.6 MFLOP a token and layer, and 81,920 B" in text_of(app)


def test_the_race_exports_what_it_draws(seen):
    open_page("speed", part="steps")
    run, rows = speed.recorded_run("h200"), rows_of(seen, "steps")
    drawn = defaultdict(list)
    for name, x, y in rows[1:]:
        drawn[name, float(x)].append(float(y))
    for kind in ("MHA", "GQA-8", "MQA", ABSORBED):
        for tokens in {batch * context for batch, context in run.points()}:
            fastest = min(
                t.seconds
                for t in run.timings
                if t.kind == kind and t.tokens == tokens and t.seconds
            )
            assert drawn[kind, tokens][0] == fastest


def test_a_point_on_the_roof_is_products_over_time(seen):
    open_page("speed", part="roofline", at="16x32768")
    run, rows = speed.recorded_run("h200"), rows_of(seen, "roofline")
    points = {name: (float(x), float(y)) for name, x, y in rows[1:] if name != "roof"}
    timing = run.fastest(ABSORBED, 16, 32_768)
    assert points[ABSORBED] == (
        pytest.approx(278_528 / 1_152),
        pytest.approx(278_528 * 16 * 32_768 / timing.seconds),
    )


def test_shares_never_exceed_the_whole():
    app = open_page("speed", part="shares", at="1x4096")
    told = re.search(r"the rest, \*\*(\d+)%", text_of(app))
    run = speed.recorded_run("h200")
    timing = run.fastest(ABSORBED, 1, 4096)
    assert told and int(told[1]) == round(100 * (1 - run.floor(timing) / timing.seconds))


def test_a_whole_step_is_its_measured_parts(seen):
    """At a measured point nothing is interpolated: weights over the copy, 61 layers, by hand."""
    app = open_page("speed", part="whole", at="128x4096")
    run = speed.recorded_run("h200")
    weights = 671e9 / 8 / run.copy  # with 1,024 sequences every expert is used by some token
    mha, mla = (weights + 61 * run.fastest(k, 128, 4096).seconds for k in ("MHA", ABSORBED))
    told = re.search(r"\*\*([\d.]+)×\*\* with 128", text_of(app))
    # among the shapes with as many tokens the fastest counts: 64 x 8,192
    assert told and float(told[1]) == pytest.approx(mha / mla, rel=0.08)


def test_times_between_measured_ones_grow_with_them():
    run = speed.recorded_run("h200")
    for kind in ("MHA", ABSORBED):
        exact = run.fastest(kind, 8, 8192).seconds
        assert speed.interpolated(run, kind, 65_536) == pytest.approx(exact)
        longest = speed.interpolated(run, kind, 524_288)
        assert speed.interpolated(run, kind, 2 * 524_288) == pytest.approx(2 * longest)
        assert speed.interpolated(run, kind, 100) == pytest.approx(
            run.fastest(kind, 1, 1024).seconds
        )


def test_the_kernel_is_shown_whole_and_says_how_fast_it_was():
    app = open_page("speed", part="kernel")
    assert "@triton.jit" in app.code[0].value and "def combine(" in app.code[0].value
    for number in words.KERNEL_STEPS:
        assert f"**({number}) " in text_of(app) and f"({number})" in app.code[0].value
    assert "def attend_stretch_hopper(" in app.code[1].value
    run = speed.recorded_run("h200")
    ran = {(t.through, t.batch, t.context): t for t in run.timings if t.kind == ABSORBED}
    best = ran[OURS, 16, 32_768]
    assert f"**{run.floor(best) / best.seconds:.0%}** of what the ceilings" in text_of(app)
    assert f"FlashMLA {1e6 * ran['FlashMLA', 16, 32_768].seconds:.3g} µs" in text_of(app)
    told = re.search(r"takes (\d+) µs at 128 × 4,096", words.KERNEL_SHARED)
    assert told and int(told[1]) == round(1e6 * ran[OURS, 128, 4096].seconds)


def test_what_a_link_says_wrongly_falls_back():
    app = open_page("speed", part="nothing", run="../../etc", at="0x-1")
    assert not app.exception and not app.error
    assert app.segmented_control(key="speed-part").value == "steps"
    assert app.selectbox[0].value == "128x4096"


def tell(live: Measuring, run: SpeedRun, done: int, total: int) -> None:
    """As the worker does it: how far the run is, and what it has found."""
    live._job = live._job or Measure(-1)
    measuring.ENGINE._progress[live._job] = Progress(done, total, run)


def test_without_a_live_run_the_page_says_how_to_get_one(live):
    app = open_page("speed", run="live")
    assert not app.exception and app.info[0].value == words.NOT_YET
    assert app.button(key="measure").label == words.LIVE_START


def test_a_live_run_is_drawn_and_can_be_made_again(live):
    app = open_page("speed", run="live")
    app.button(key="measure").click().run()
    for _ in range(600):
        if not live.running:
            break
        time.sleep(0.1)
    assert not live.running and not live.problem
    app.run()
    assert not app.exception and app.button(key="measure").label == words.LIVE_AGAIN
    assert "At **2 × 32** tokens a step takes" in text_of(app)
    for part in words.PARTS:
        app.segmented_control(key="speed-part").set_value(part).run()
        assert not app.exception and not app.error, part


def test_one_run_at_a_time_and_only_its_reader_may_stop_it(live, monkeypatch):
    held, waiting = [], Future()
    monkeypatch.setattr(measuring.ENGINE, "submit", lambda job: held.append(job) or waiting)
    mine = open_page("speed", run="live")
    mine.button(key="measure").click().run()
    assert live.running and mine.button(key="measure_stop")
    theirs = open_page("speed", run="live")
    assert words.LIVE_OTHERS in text_of(theirs) and not theirs.button
    live.start("someone else")
    assert len(held) == 1 and not waiting.cancelled()
    mine.button(key="measure_stop").click().run()
    assert waiting.cancelled()


def test_a_run_that_ends_early_keeps_what_it_has(live):
    run = speed.recorded_run("cpu")
    tell(live, run, 5, 35)
    assert live.run is run
    tell(live, SpeedRun("x", "", "", "float32", 1.0, 1.0, 1.0, ""), 0, 35)
    assert live.run is run  # until there is something to compare
    stopped = Future()
    stopped.cancel()
    live._end(stopped)
    app = open_page("speed", run="live")
    assert app.warning[0].value == words.LIVE_STOPPED and not app.exception
    failed = Future()
    failed.set_exception(MemoryError("secret path"))
    live._end(failed)
    app = open_page("speed", run="live")
    assert "secret" not in app.warning[0].value


def test_a_run_without_rebuilt_mla_has_a_ledger_all_the_same(live):
    run = speed.recorded_run("h200")
    kept = tuple(t for t in run.timings if t.kind != "MLA rebuilt")
    tell(live, replace(run, timings=kept), 1, 1)
    app = open_page("speed", part="ledger", run="live")
    assert "not measured; at least" in text_of(app)


@pytest.mark.parametrize(
    ("seconds", "told"), [(2.5, "2.5 s"), (0.0125, "12.5 ms"), (2.6e-5, "26 µs"), (4e-7, "0.4 µs")]
)
def test_times_are_said_in_their_unit(seconds, told):
    assert time_of(seconds) == told
