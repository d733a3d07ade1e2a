"""A large model alone: the switch, what it says of sizes, and every page on it, through AppTest."""

import importlib
import json

import numpy as np
import pytest

from mla_core.models import hub
from tests.large import SIZES, make
from tests.pages.driving import floats, open_page, spy_on
from ui import catalogue
from ui.jobs.engine import ENGINE
from ui.jobs.requests import request
from ui.opening.downloads import DOWNLOADS
from ui.show import heads
from ui.state.parameters import LARGE_TOKENS
from ui.state.url import CHUNK

FLAG = catalogue.PROMPTS["flag"]
NAME = "youtu-llm-2b"
ALONE = {"pair": "large", "large": NAME}
PAGES = {
    "side_by_side": "side_by_side",
    "every_head": "every_head",
    "inside_one_head": "inside_one_head",
    "cache_grows": "cache_grows",
    "latent_compression": "latent_compression",
    "absorption": "absorption",
    "position": "position",
}
LAYERS, HEADS = SIZES["num_hidden_layers"], SIZES["num_attention_heads"]


@pytest.fixture(scope="module", autouse=True)
def model(tmp_path_factory):
    """It lies on this machine; the engine of all tests opens it once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLA_EXPLORER_YOUTU_LLM_2B", str(make(tmp_path_factory.mktemp("youtu"))))
        yield


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    names = (f"ui.components.{name}" for name in PAGES)
    return spy_on(monkeypatch, *map(importlib.import_module, names))


def shown(app):
    return " ".join(m.value for m in app.markdown)


@pytest.mark.parametrize("chat", ["off", "on"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_it(name, chat, seen):
    app = open_page(name, **ALONE, chat=chat)
    assert not app.exception and not app.error
    assert seen[-1]["_key"].startswith(PAGES[name])
    assert f"**{LAYERS} layers × {HEADS} heads**, latent 32 + 8" in shown(app)
    assert "128: **3.2 times** less" in shown(app)  # 4 heads of 16 + 16 beside 32 + 8


def test_the_stage_shows_its_own_numbers(seen):
    open_page("side_by_side", **ALONE)
    (side,) = seen[-1]["sides"]
    trace = ENGINE.run(request(NAME, FLAG, new_tokens=CHUNK))
    pattern = floats(side["pattern"]).reshape(trace.pattern.shape[-2:])
    assert np.array_equal(pattern, trace.pattern[side["layer"], side["head"]])
    assert side["nbytes"][0] == 4 * LAYERS * (32 + 8)
    assert "(32 + 8) numbers" in side["formula"] and len(seen[-1]["leads"]) == 1


def test_the_wall_is_turned_by_layers_where_a_browser_would_get_too_much(seen, monkeypatch):
    monkeypatch.setattr(heads, "WALL_BYTES", 1)
    app = open_page("every_head", **ALONE, layer="2")
    (side,) = seen[-1]["sides"]
    trace = ENGINE.run(request(NAME, FLAG, new_tokens=CHUNK))
    rows = np.tril_indices(trace.prompt_length)
    assert (side["first"], side["layers"], side["heads"]) == (2, 1, HEADS)
    assert np.array_equal(floats(side["packed"]), trace.pattern[2, :, rows[0], rows[1]].T.ravel())
    (chosen,) = seen[-1]["chosen"]
    assert chosen[0] == 0
    layers = app.selectbox(key="layers")
    assert "layers 2 to 2 of 4" in layers.options
    layers.select(range(3, 4)).run()
    assert seen[-1]["sides"][0]["first"] == 3 and app.query_params["layer"] == "3"


def test_inside_has_no_ordinary_way_and_cuts_what_nothing_follows_from(seen, monkeypatch):
    monkeypatch.setattr("ui.components.inside_one_head.MOST_COLUMNS", 10)
    app = open_page("inside_one_head", **ALONE, attention="MHA")
    assert not app.exception and [key for key, _ in seen[-1]["attentions"]] == ["naive", "absorbed"]
    cut = {name: m for name, m in seen[-1]["matrices"].items() if "of 64 columns" in m["what"]}
    assert set(cut) == {"W_O", "out", "residual_after"}
    assert all(matrix["columns"] == 10 for matrix in cut.values())


def test_a_text_that_is_moved_by_fewer_steps_says_so(monkeypatch):
    monkeypatch.setattr("mla_core.experiments.position.compute.SCORES_BYTES", 1)
    app = open_page("position", **ALONE, prompt="A text of its own")
    assert not app.exception
    assert any("Moved by at most 2" in caption.value for caption in app.caption)


def test_a_text_that_is_too_long_for_it_is_told_and_kept(seen):
    text = "cat " * (LARGE_TOKENS + 10)
    open_page("side_by_side", **ALONE, prompt=text)
    assert not seen
    open_page("side_by_side", prompt=text)
    assert len(seen[-1]["sides"]) == 2  # the small pair takes twice as many


def test_the_chat_template_is_offered_where_there_is_one(seen, tmp_path, monkeypatch):
    app = open_page("side_by_side", **ALONE)
    plain = seen[-1]["sides"][0]["tokens"]
    app.toggle(key="chat").set_value(True).run()
    assert not app.exception and app.query_params["chat"] == "on"
    tokens = seen[-1]["sides"][0]["tokens"]
    assert len(tokens) > len(plain) and "user" in "".join(tokens[:5])
    monkeypatch.setenv("MLA_EXPLORER_MINICPM3_4B", str(make(tmp_path, "minicpm3", chat=False)))
    app = open_page("side_by_side", pair="large", large="minicpm3-4b")
    assert not app.toggle and not app.error


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    monkeypatch.delenv("MLA_EXPLORER_YOUTU_LLM_2B")
    monkeypatch.setenv("MLA_EXPLORER_OPERATOR", "1")
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(
        "ui.opening.downloads.hub.download", lambda *_: pytest.fail("nobody asked for it")
    )


def test_what_is_not_here_is_offered_with_its_size(nothing_here, monkeypatch, seen):
    monkeypatch.setattr(
        "mla_core.models.devices.free_and_total", lambda _: (30 * 10**9, 64 * 10**9)
    )
    app = open_page("side_by_side", **ALONE)
    assert not app.exception and not seen
    assert app.subheader[0].value == "Youtu-LLM-2B is not on this machine yet"
    assert app.button(key="download").label == "Download Youtu-LLM-2B (3.9 GB)"
    assert "It needs **8.6 GB** of memory in float32" in shown(app)
    rows = [row for row in shown(app).split("\n") if row.startswith("| ")]
    fits = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in rows}
    assert fits == {"Youtu-LLM-2B": "yes", "MiniCPM3-4B": "yes", "DeepSeek-V2-Lite": "no"}


def test_what_would_not_fit_is_not_fetched(nothing_here, monkeypatch, seen):
    monkeypatch.setattr("mla_core.models.devices.free_and_total", lambda _: (3 * 10**9, 64 * 10**9))
    app = open_page("every_head", **ALONE)
    assert "does not fit" in app.error[0].value and "8.6 GB" in app.error[0].value
    assert not [button for button in app.button if button.key == "download"] and not seen
    assert not DOWNLOADS[NAME].running


def test_each_model_has_a_download_of_its_own():
    assert set(DOWNLOADS) == set(hub.REPOSITORIES)
    assert all(one.name == name for name, one in DOWNLOADS.items())


@pytest.mark.parametrize("damage", ["shard", "config", "quantised", "gpt2"])
def test_a_damaged_directory_is_one_sentence(damage, tmp_path, monkeypatch, seen):
    directory = make(tmp_path, "minicpm3")
    monkeypatch.setenv("MLA_EXPLORER_MINICPM3_4B", str(directory))
    config = directory / "config.json"
    if damage == "shard":
        (directory / "model.safetensors").rename(directory / "model-1.safetensors")
        index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
        (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    elif damage == "config":
        config.write_text("no json")
    elif damage == "quantised":
        config.write_text(
            json.dumps(json.loads(config.read_text()) | {"quantization_config": {"bits": 4}})
        )
    else:
        config.write_text(json.dumps(json.loads(config.read_text()) | {"model_type": "gpt2"}))
    ENGINE._pool._models.pop("minicpm3-4b", None)
    app = open_page("side_by_side", pair="large", large="minicpm3-4b", prompt=f"A {damage}")
    assert not app.exception and len(app.error) == 1 and not seen
    assert str(tmp_path.parent) not in app.error[0].value
    assert "The built-in pair keeps working" in app.error[0].value
    app = open_page("side_by_side")
    assert not app.exception and not app.error and len(seen[-1]["sides"]) == 2
