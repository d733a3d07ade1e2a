"""The first page through Streamlit's AppTest: links, bad input, broken files."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mla_core.engine.answers import Answers
from mla_core.engine.pool import ModelPool
from mla_core.models.locate import ASSETS
from mla_core.records.trace import Trace
from ui import catalogue
from ui.jobs import recordings as recorded
from ui.jobs.engine import ENGINE
from ui.jobs.requests import request
from ui.state.parameters import MAX_TOKENS
from ui.state.url import CHUNK
from ui.words.en import common as words

FLAG = catalogue.PROMPTS["flag"]


@pytest.fixture(autouse=True)
def stage_data(monkeypatch):
    """What the page hands to the stage, newest last."""
    import ui.components.side_by_side as component

    calls: list[dict] = []
    mount = component.mount

    def spy(**arguments):
        calls.append(arguments["data"])
        return mount(**arguments)

    monkeypatch.setattr(component, "mount", spy)
    return calls


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(ASSETS.parent / "ui" / "shell.py", default_timeout=120)
    app.query_params.update(query)
    return app.run()


def notes(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.error, *app.caption, *app.info])


def test_the_flag_stands_there_at_once(stage_data, monkeypatch):
    monkeypatch.setattr(ENGINE, "_answers", Answers())  # a server that has just started
    app = open_page()
    assert not app.exception and not app.error
    sides = stage_data[-1]["sides"]
    assert [side["model"] for side in sides] == ["mini-gpt2", "mini-mla"]
    assert all(side["tokens"][10] == "␣blue" for side in sides)
    assert all("recorded on" in side["source"] for side in sides)


def test_the_first_picture_needs_no_torch():
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file(sys.argv[1], default_timeout=60).run()\n"
        "assert not app.exception and not app.error\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    shell = str(ASSETS.parent / "ui" / "shell.py")
    subprocess.run([sys.executable, "-c", code, shell], check=True, cwd=ASSETS.parent)


def test_a_link_restores_everything_on_the_first_request(stage_data):
    app = open_page(
        **{"prompt": "Bees make", "step": "2", "mini-mla": "5.2", "mini-gpt2": "7.0",
           "temperature": "0.8", "seed": "3", "continuation": "mini-mla", "first_token": "hidden"}
    )  # fmt: skip
    assert not app.exception
    data = stage_data[-1]
    assert data["step"] == 2 and data["hideFirst"]
    gpt2, mla = data["sides"]
    assert (gpt2["layer"], gpt2["head"], mla["layer"], mla["head"]) == (7, 0, 5, 2)
    assert gpt2["tokens"] == mla["tokens"]  # MLA leads
    assert (data["temperature"], data["seed"], data["lead"]) == (0.8, 3, "mini-mla")
    assert "computed now on" in mla["source"] and "TransformerLens" in gpt2["source"]
    expected = ENGINE.run(
        request("mini-mla", "Bees make", new_tokens=CHUNK, temperature=0.8, seed=3)
    )
    assert mla["nbytes"] == list(expected.cache_nbytes)


@pytest.mark.parametrize(
    "query",
    [
        {"step": "abc", "temperature": "1e400", "seed": "-1", "lead": "nobody", "mini-mla": "9"},
        {"step": "-5", "temperature": "nan", "mini-mla": "99.99", "mini-gpt2": "-1.0"},
        {"step": "9999999", "temperature": "-1", "sink": "<b>", "mini-mla": "1.2.3"},
        {"step": "1.5", "unknown": "x", "mini-gpt2": "\u0663.\u0664"},
    ],
)
def test_nonsense_in_a_link_falls_back(query, stage_data):
    app = open_page(**query)
    assert not app.exception and not app.error
    for side in stage_data[-1]["sides"]:
        assert side["layer"] < side["layers"] and side["head"] < side["heads"]
    assert stage_data[-1]["temperature"] == 0.0 and stage_data[-1]["lead"] == "own"


@pytest.mark.parametrize("prompt", ["", "   ", "word " * 2000, "x" * 10_000])
def test_a_prompt_that_cannot_run_says_so_and_stays(prompt, stage_data, monkeypatch):
    import ui.components.prompt_bar as bar

    seen: list[dict] = []
    mount = bar.mount
    monkeypatch.setattr(bar, "mount", lambda **a: (seen.append(a["data"]), mount(**a))[1])
    app = open_page(prompt=prompt)
    assert not app.exception and not stage_data
    assert seen[-1]["problem"]
    said = words.EMPTY if not prompt.strip() else f"the page takes {MAX_TOKENS}"
    assert said in seen[-1]["note"]
    assert prompt.startswith(seen[-1]["prompt"])


@pytest.mark.parametrize(
    "prompt",
    [
        "😀🏳️‍🌈 été",
        "שלום עולם",
        "a\x00b\x07c",
        "<img src=x onerror=alert(1)>",
        "<|endoftext|>",
        "\u202eabc",
        "٣",
    ],
)
def test_strange_texts_run(prompt, stage_data):
    app = open_page(prompt=prompt)
    assert not app.exception and not app.error
    assert stage_data[-1]["sides"][1]["promptLength"] > 1


def test_steps_past_the_end_generate_more(stage_data):
    open_page(prompt="Once upon a time", step="30")
    assert len(stage_data[-1]["sides"][0]["tokens"]) == 5 + 36
    assert stage_data[-1]["step"] == 30 and stage_data[-1]["mayGrow"]
    open_page(prompt="Once upon a time", step="5000")
    assert len(stage_data[-1]["sides"][0]["tokens"]) == 5 + 48 and not stage_data[-1]["mayGrow"]


@pytest.fixture
def broken_assets(tmp_path, monkeypatch):
    """A copy of the small files of assets, with the weights cut short."""
    for name in catalogue.MODELS:
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        for file in ("config.json", "tokenizer.json"):
            shutil.copy(ASSETS / "models" / name / file, folder)
        (folder / "model.safetensors").write_bytes(b"\0" * 100)
    monkeypatch.setattr("mla_core.models.locate.ASSETS", tmp_path)
    monkeypatch.setattr(ENGINE, "_pool", ModelPool())
    monkeypatch.setattr(ENGINE, "_answers", Answers())
    return tmp_path


def test_a_damaged_model_is_named_and_recordings_still_show(broken_assets, stage_data):
    app = open_page(prompt="A text without a recording")
    assert not app.exception
    assert "models/mini-gpt2/model.safetensors is damaged or cut short" in notes(app)
    assert str(broken_assets.parent) not in notes(app)
    assert "git checkout -- assets/models" in notes(app)
    assert not stage_data
    app = open_page()
    assert not app.exception and "recorded on" in stage_data[-1]["sides"][1]["source"]


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json"])
def test_a_missing_small_file_is_named_and_recordings_still_show(file, broken_assets, stage_data):
    from mla_core.models.tokenizer import open_tokenizer

    open_tokenizer.cache_clear()
    weights = "models/mini-gpt2/model.safetensors"
    shutil.copy(ASSETS / weights, broken_assets / weights)
    (broken_assets / "models" / "mini-mla" / file).unlink()
    app = open_page()
    for _ in range(3):  # the browser's ticks: drawn, asked, answered
        app.run()
        time.sleep(1.5)
    open_tokenizer.cache_clear()
    assert not app.exception
    assert file in notes(app) and "recorded on" in stage_data[-1]["sides"][1]["source"]


def test_without_any_tokenizer_the_page_says_so(broken_assets):
    from mla_core.models.tokenizer import open_tokenizer

    open_tokenizer.cache_clear()
    for file in broken_assets.rglob("tokenizer.json"):
        file.write_text("{")
    app = open_page()
    open_tokenizer.cache_clear()
    assert not app.exception and words.NO_TOKENIZER in notes(app)


@pytest.mark.parametrize("model", catalogue.MODELS)
@pytest.mark.parametrize("name", catalogue.PROMPTS)
def test_recorded_traces_are_what_the_live_models_say(name, model):
    asked = request(model, catalogue.PROMPTS[name], new_tokens=CHUNK)
    stored = recorded.recorded(asked)
    assert stored is not None
    live = ENGINE.run(asked)
    assert isinstance(live, Trace) and live.token_ids == stored.token_ids
    assert live.cache_nbytes == stored.cache_nbytes and live.engine == stored.engine
    assert np.array_equal(live.next_ids[:, 0], stored.next_ids[:, 0])
    assert np.abs(live.next - stored.next).max() < 1e-4
    assert np.abs(live.pattern - stored.pattern).max() < 1e-4
