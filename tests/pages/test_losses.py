"""One held-out loss a model: the card, the README, the pages and what was measured agree."""

import math
import re
import statistics
from pathlib import Path

import pytest

from mla_core.models.locate import ASSETS, EMBEDDED
from tests.components import recorded
from ui import catalogue
from ui.components.sharing_heads import label_of
from ui.jobs.recordings import recorded_bench, recorded_runs

ROOT = Path(__file__).parents[2]
CARD = (ASSETS / "models" / "README.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
# what could be a loss of a model of ours, 2.07 to 2.19; no version, no ratio
LOSS = re.compile(r"(?<![\d.:])2\.(?:0[7-9]|1\d)\d{0,2}(?![\d.×])")


def shipped() -> dict[str, float]:
    return {
        name: one["nats_per_token"] for name, one in recorded_bench("held_out")["models"].items()
    }


def runs_of(model: str) -> list[float]:
    return [run["nats_per_token"] for run in recorded_runs() if run["model"] == model]


def test_the_card_and_the_file_say_the_same_of_every_embedded_model():
    held_out = recorded_bench("held_out")
    made = held_out["made"]
    assert set(held_out["models"]) == set(EMBEDDED)
    for name, one in held_out["models"].items():
        row = next(line for line in CARD.splitlines() if line.startswith(f"| {name} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[5:7] == [f"{one['bits_per_byte']:.4f}", f"{one['nats_per_token']:.4f}"]
        bits = one["nats_per_token"] / math.log(2) * made["tokens"] / made["bytes"]
        assert bits == pytest.approx(one["bits_per_byte"], abs=1e-4)
    assert f"{made['tokens']:,} tokens" in CARD and f"{made['bytes']:,} bytes" in CARD
    assert f"{made['steps']:,} steps" in CARD and f"{made['texts']:,} held-out texts" in CARD
    # the runs were scored on the same texts, so that both can stand on one page
    assert {(run["tokens"], run["bytes"]) for run in recorded_runs()} == {
        (made["tokens"], made["bytes"])
    }


def test_another_set_of_texts_ranks_the_models_alike():
    """The 500 shipped texts have another level, but the same order and nearly the same steps."""
    own, other = shipped(), recorded_bench("compression")["models"]
    assert sorted(own, key=own.get) == sorted(other, key=lambda name: other[name]["nats"])
    apart = [other[name]["nats"] - own[name] for name in own]
    assert max(apart) - min(apart) < 0.01


def test_the_readme_tells_no_other_loss():
    own = {name: f"{loss:.4f}" for name, loss in shipped().items()}
    means = {f"{statistics.mean(runs_of(run['model'])):.4f}" for run in recorded_runs()}
    told = set(LOSS.findall(README))
    assert told == set(own.values()) | means
    for name, loss in own.items():
        assert re.search(rf"{name}\s+(has\s+)?{re.escape(loss)}", README), name


def test_no_sentence_of_a_page_has_a_loss_of_its_own():
    for words in (ROOT / "ui" / "words" / "en").glob("*.py"):
        assert not LOSS.findall(words.read_text(encoding="utf-8")), words.name


@pytest.mark.parametrize("point", ["mini-mla-16", "mini-mqa-wide", "mini-mqa"])
def test_sharing_heads_tells_the_loss_of_the_model_it_shows(point):
    data = recorded.sharing_heads(point=point)
    steps = recorded_bench("held_out")["made"]["steps"]
    for card in data["cards"]:
        told = {name: (value, more) for name, value, more in card["facts"]}
        value, more = told["Loss"]
        assert value == f"{shipped()[card['model']]:.4f}"
        assert "model shown here" in more and f"{steps:,} steps" in more
        value, more = told["Other runs"]
        assert value.startswith(f"{statistics.mean(runs_of(card['model'])):.4f} ±")
        assert "4,000 steps" in more
    assert "30 runs of 4,000 steps" in data["headline"]
    assert "4,000 steps, not the longer ones" in data["words"]["scatterAbout"]
    chosen = {name for name, _, _ in data["chosen"]["facts"]}
    assert data["chosen"]["title"] == label_of(point)
    assert ("Loss" in chosen) == (point in catalogue.FAMILY)  # nothing else is shown here


def test_a_recorded_model_tells_the_loss_of_the_run_that_was_recorded():
    """`repeat` keeps the model of the first seed."""
    from ui.components import sharing_heads

    seen = recorded.glanced("mini-mla")
    card = sharing_heads.card(
        "mini-mla-16", recorded_runs(), recorded_bench("held_out"), seen, 0,
        recorded.tokenizer(), "recorded",
    )  # fmt: skip
    value, more = next((value, more) for name, value, more in card["facts"] if name == "Loss")
    assert value == f"{runs_of('mini-mla-16')[0]:.4f}" and "seed 0" in more
