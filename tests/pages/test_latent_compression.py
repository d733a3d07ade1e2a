"""The page "Latent compression" through AppTest, and GPT-2 as a pair on both pages."""

import base64
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from streamlit.testing.v1 import AppTest

from mla_core import Request
from mla_core.engine.pool import ModelPool
from mla_core.experiments.latent_compression import Compare, Inspect, MeasureLoss
from mla_core.models import hub
from mla_core.models.locate import ASSETS
from ui import catalogue
from ui.jobs import recordings as recorded
from ui.jobs.engine import ENGINE
from ui.jobs.recordings import COMPRESSED
from ui.opening import downloads
from ui.words.en import common as words
from ui.words.en import latent_compression

SHELL = str(ASSETS.parent / "ui" / "shell.py")
PAGE = str(ASSETS.parent / "pages" / "latent_compression.py")
FLAG = catalogue.PROMPTS["flag"]


@pytest.fixture(autouse=True)
def lab_data(monkeypatch):
    """What the page hands to its component, newest last."""
    import ui.components.latent_compression as component

    calls: list[dict] = []
    mount = component.mount
    monkeypatch.setattr(component, "mount", lambda **a: (calls.append(a["data"]), mount(**a))[1])
    return calls


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(SHELL, default_timeout=120)
    app.query_params.update(query)
    app.switch_page(PAGE)
    return app.run()


def said(app: AppTest) -> str:
    shown = [*app.error, *app.caption, *app.info, *app.subheader, *app.markdown]
    return " ".join(str(element.value) for element in shown)


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_the_first_picture_is_recorded_and_needs_no_torch():
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file(sys.argv[1], default_timeout=60)\n"
        "app.switch_page(sys.argv[2]); app.run()\n"
        "assert not app.exception and not app.error, app\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, SHELL, PAGE], check=True, cwd=ASSETS.parent)


def test_the_recordings_are_what_the_live_models_say():
    for job in (Compare(COMPRESSED, FLAG), Inspect(COMPRESSED)):
        stored, live = recorded.recorded(job), ENGINE.run(job)
        assert stored is not None
        if isinstance(job, Inspect):
            assert stored.config == live.config
            assert np.abs(stored.kept() - live.kept()).max() < 1e-4
            assert np.abs(stored.key_error - live.key_error).max() < 1e-3
        else:
            assert stored.trace.token_ids == live.trace.token_ids
            assert np.array_equal(stored.next_ids, live.next_ids)
            assert np.abs(stored.next_after - live.next_after).max() < 1e-3
            assert np.abs(stored.trace.pattern - live.trace.pattern).max() < 1e-3


def test_every_number_is_that_of_the_traces(lab_data):
    app = open_page(rank="40", converted="mini-mha", ranks="per_layer", **{"mini-mha": "5.2"})
    assert not app.exception and not app.error
    data = lab_data[-1]
    name = "mini-mha@40/auto/layerwise"
    after, inside = ENGINE.remembered(Compare(name, FLAG)).trace, ENGINE.remembered(Inspect(name))
    assert (data["layer"], data["head"], data["rank"]) == (5, 2, 40)
    assert np.array_equal(floats(data["after"]), after.pattern[5, 2].ravel())
    width = inside.config.ranks[5]
    assert data["latentRank"] == width
    assert np.array_equal(floats(data["latent"]), after.c_kv[5, :, :width].ravel())
    assert not np.isnan(floats(data["latent"])).any()
    before = {token: p for token, p, _ in data["next"]}
    assert before["␣blue"] > 0.9
    assert name in data["source"]
    own, cut = (ENGINE.run(Request(m, FLAG, record=("logits",))) for m in ("mini-mha", name))
    p, q = own.probabilities(), cut.probabilities()
    kl = (p * np.log(p / q)).sum(axis=-1)
    assert data["kl"] == latent_compression.KL.format(last=f"{kl[-1]:.4f}", mean=f"{kl.mean():.4f}")
    assert latent_compression.NAIVE_ONLY.strip() in said(app)


def test_a_new_size_is_drawn_before_its_loss_is_measured(lab_data, monkeypatch):
    """The loss takes seconds; the slider shows its pictures meanwhile."""
    import ui.components.latent_compression as component

    measured = []
    mount = component.mount

    def watched(**arguments):
        measured.append(ENGINE.remembered(MeasureLoss("mini-gpt2@133")) is not None)
        return mount(**arguments)

    monkeypatch.setattr(component, "mount", watched)
    app = open_page(rank="133")
    assert not app.exception and lab_data[0]["rank"] == 133
    assert not measured[0]


@pytest.mark.parametrize("measure", words.MEASURES)
def test_the_grid_shows_each_measure(measure, lab_data):
    open_page(rank="32", measure=measure)
    grid = floats(lab_data[-1]["grid"])
    assert grid.shape == (64,) and grid.min() > 0 and grid.max() < 1.5
    if measure != "moved":
        found = ENGINE.remembered(Inspect("mini-gpt2@32"))
        errors = {"keys": found.key_error, "values": found.value_error}[measure]
        assert np.array_equal(grid, errors.ravel())


@pytest.mark.parametrize("rank", ["257", "1600"])
def test_a_rank_that_the_model_cannot_have_is_a_sentence(rank, lab_data):
    app = open_page(rank=rank)
    assert not app.exception and not lab_data
    assert words.RANK_PROBLEM.format(most=256, rank=rank) in said(app)
    (way_on,) = [b for b in app.button if b.label == words.OWN_RANK]
    way_on.click().run()
    assert not app.error and lab_data[-1]["rank"] == 64


@pytest.mark.parametrize(
    "query",
    [
        {"rank": "0", "method": "magic", "spread": "x", "measure": "y", "model": "z"},
        {"rank": "-5", "mini-gpt2": "99.1"},
        {"rank": "1e400"},
        {"rank": "<b>", "pair": "nothing"},
        {"rank": "2.5"},
    ],
)
def test_nonsense_in_a_link_falls_back(query, lab_data):
    app = open_page(**query)
    assert not app.exception and not app.error
    assert lab_data[-1]["rank"] == 64 and lab_data[-1]["method"] == "auto"


@pytest.mark.parametrize("prompt", ["", "   ", "word " * 2000])
def test_a_prompt_that_cannot_run_draws_nothing(prompt, lab_data):
    app = open_page(prompt=prompt)
    assert not app.exception and not lab_data


@pytest.mark.parametrize("prompt", ["a", "😀🏳️‍🌈 été", "<|endoftext|>", "a\x00b", "word " * 120])
def test_strange_texts_run(prompt, lab_data):
    app = open_page(prompt=prompt, rank="16")
    assert not app.exception and not app.error and lab_data


@pytest.fixture
def no_gpt2(tmp_path, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_OPERATOR", "1")
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.delenv("MLA_EXPLORER_GPT2", raising=False)
    monkeypatch.setitem(downloads.DOWNLOADS, "gpt2", downloads.Download("gpt2"))


@pytest.mark.parametrize("page", ["side_by_side", "latent_compression"])
def test_gpt2_is_offered_where_it_is_missing(page, no_gpt2, monkeypatch):
    app = AppTest.from_file(SHELL, default_timeout=60)
    app.query_params["pair"] = "gpt2"
    if page != "side_by_side":
        app.switch_page(PAGE)
    app.run()
    assert not app.exception and words.DOWNLOAD_TITLE.format(name="GPT-2") in said(app)
    (start,) = [b for b in app.button if b.label == "Download GPT-2 (548 MB)"]

    def refused(name, progress, cancelled):
        progress(2_000_000, 548_000_000)
        raise hub.DownloadError.of("too_often", host="hub.example", status=429)

    monkeypatch.setattr(hub, "download", refused)
    start.click().run()
    downloads.DOWNLOADS["gpt2"]._thread.join(5)
    app.run()
    assert "asked too often" in said(app)
    assert any(b.label == words.DOWNLOAD_GO_ON.format(here=2) for b in app.button)


@pytest.fixture
def small_gpt2(tmp_path, monkeypatch):
    """mini-gpt2 in GPT-2's place: the same format, so the same code."""
    folder = tmp_path / "my-gpt2"
    shutil.copytree(ASSETS / "models" / "mini-gpt2", folder)
    monkeypatch.setenv("MLA_EXPLORER_GPT2", str(folder))
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(ENGINE, "_pool", ModelPool())
    return folder


def test_gpt2_from_a_directory_works_on_every_page(small_gpt2, lab_data, monkeypatch):
    import ui.components.side_by_side as stage

    sides: list[dict] = []
    mount = stage.mount
    monkeypatch.setattr(stage, "mount", lambda **a: (sides.append(a["data"]), mount(**a))[1])
    from mla_core.experiments.latent_compression import Calibrate

    assert ENGINE.run(Calibrate("gpt2")).tokens > 1000
    app = open_page(pair="gpt2", rank="48")
    assert not app.exception and not app.error
    assert "gpt2@48" in lab_data[-1]["source"] and latent_compression.NO_CURVE in said(app)
    assert "mini-mla" not in said(app)  # there is no diamond to speak of
    app = AppTest.from_file(SHELL, default_timeout=60)
    app.query_params.update({"pair": "gpt2", "rank": "48", "continuation": "gpt2"})
    app.run()
    assert not app.exception and not app.error
    left, right = sides[-1]["sides"]
    assert (left["model"], right["model"]) == ("gpt2", "gpt2@48")
    assert left["tokens"] == right["tokens"]  # GPT-2 leads
    assert (left["layer"], left["head"]) == (right["layer"], right["head"])
    assert [part["name"] for part in right["parts"]] == [words.CACHE_PARTS["c_kv"]]
    assert "small ones of our own" not in said(app)
    assert right["nbytes"][0] == 8 * 48 * 4 and "TransformerLens" in left["source"]


def spoil_with_nan(folder):
    weights = load_file(folder / "model.safetensors")
    weights["transformer.h.0.mlp.c_fc.weight"][3, 3] = float("nan")
    save_file(weights, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: (f / "model.safetensors").write_bytes(b"\0" * 100), "damaged or cut short"),
        (spoil_with_nan, "h.0.mlp.c_fc.weight holds NaN or infinite numbers"),
        (lambda f: (f / "config.json").unlink(), "config.json does not exist"),
    ],
)
@pytest.mark.parametrize("page", ["side by side", "latent compression"])
def test_a_gpt2_that_cannot_be_opened_is_a_sentence(spoil, sentence, page, small_gpt2):
    spoil(small_gpt2)
    query = {"pair": "gpt2", "prompt": "a text that nobody has asked for"}
    if page == "side by side":
        app = AppTest.from_file(SHELL, default_timeout=60)
        app.query_params.update(query)
        app.run()
    else:
        app = open_page(**query)
    for _ in range(4):
        time.sleep(0.5)
        app.run()
    assert not app.exception
    assert sentence in said(app)
    # which file, not where the server keeps it; and no advice for other models
    assert str(small_gpt2.parent) not in said(app) and words.RESTORE not in said(app)


@pytest.mark.parametrize(
    ("text", "rank", "sentence"),
    [
        ("   ", "64", "calibration text is empty"),
        ("Only a few words.", "64", "The calibration text has 7 tokens, fewer than the rank 64"),
    ],
)
def test_a_calibration_text_that_is_no_use_is_a_sentence_and_stays(text, rank, sentence, lab_data):
    app = open_page(rank=rank)
    (box,) = app.text_area
    box.set_value(text)
    (use,) = [b for b in app.button if b.label == latent_compression.OWN_TEXT_USE]
    use.click().run()
    assert not app.exception
    assert sentence in said(app)
    assert app.text_area[0].value == text
    (ours,) = [b for b in app.button if b.label == latent_compression.OWN_TEXT_OURS]
    ours.click().run()
    assert not app.error and "our training text" in lab_data[-1]["source"]


def test_a_calibration_text_of_ones_own_changes_the_latent(lab_data):
    app = open_page(rank="16")
    ours = lab_data[-1]["after"]
    app.text_area[0].set_value("The flag of France is blue, white, and red. " * 40)
    (use,) = [b for b in app.button if b.label == latent_compression.OWN_TEXT_USE]
    use.click().run()
    assert not app.exception and not app.error
    assert "tokens of your text" in lab_data[-1]["source"] and lab_data[-1]["after"] != ours
