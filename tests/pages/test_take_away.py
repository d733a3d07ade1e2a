"""What can be taken away from a page is made when it is asked for, and is what the page shows."""

import dataclasses
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import safetensors.torch
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest

from mla_core.inference.cache_file import header
from mla_core.models.locate import ASSETS
from tests.pages.driving import SHELL, path
from ui.jobs.engine import ENGINE
from ui.jobs.recordings import recorded, recordings

PAGES = sorted(page.stem for page in (ASSETS.parent / "pages").glob("*.py"))
FOLDED = ("closer", "keeping")  # what lies below these is drawn when they are opened


@pytest.fixture
def files(monkeypatch):
    """(name, what makes it) of every file that a page offers from now on."""
    offered = []
    add = MediaFileManager.add_deferred

    def watched(self, make, mimetype, coordinates, file_name=None, **options):
        offered.append((file_name, make))
        return add(self, make, mimetype, coordinates, file_name=file_name, **options)

    monkeypatch.setattr(MediaFileManager, "add_deferred", watched)
    return offered


def unfolded(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(SHELL, default_timeout=120)
    app.query_params.update(query)
    app.switch_page(path(name))
    for key in FOLDED:
        app.session_state[key] = True
    return app.run()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_packs_a_file_before_it_is_asked_for(name, files, monkeypatch):
    def packed(*_, **__):
        raise AssertionError("a file was packed, and nobody asked for it")

    for module, function in (
        (np, "savez_compressed"), (np, "savez"), (safetensors.torch, "save"),
        (zipfile.ZipFile, "writestr"), (MediaFileManager, "add"),
    ):  # fmt: skip
        monkeypatch.setattr(module, function, packed)
    app = unfolded(name)
    assert not app.exception and not app.error
    buttons = app.get("download_button")
    assert all(button.proto.deferred_file_id and not button.proto.url for button in buttons)
    assert len(files) == len(buttons)
    for _, make in files:  # a session holds what to ask for, and no answer
        assert len(pickle.dumps(make)) < 4096


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("side_by_side", 2),
        ("every_head", 2),
        ("inside_one_head", 1),
        ("cache_grows", 2),
        ("sharing_heads", 4),
        ("absorption", 1),
        ("position", 2),
    ],
)
def test_the_file_is_what_the_page_shows(name, expected, files, monkeypatch, tmp_path):
    """Every field of the record, read back; the flag's are recorded."""
    monkeypatch.setattr(ENGINE, "remembered", lambda job: None)
    asked = {}
    monkeypatch.setattr("ui.show.export.recorded", lambda job: asked.setdefault(job, recorded(job)))
    unfolded(name)
    arrays = [(file_name, make) for file_name, make in files if file_name.endswith(".npz")]
    assert len(arrays) == expected and not asked
    for file_name, make in arrays:
        asked.clear()
        (tmp_path / file_name).write_bytes(make())
        ((job, shown),) = asked.items()
        assert job in recordings() and file_name == f"{job.model}.npz"
        same(type(shown).load(tmp_path / file_name), shown)


def same(one, other):
    """Two records, field by field."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            same(*pair)
    elif hasattr(one, "keys"):
        assert one.keys() == other.keys()
        for name in one:
            same(one[name], other[name])
    else:
        assert one == other


def test_a_file_can_be_made_after_its_answer_was_forgotten(files, monkeypatch):
    """A text of one's own: its answer is in no recording, and the engine may have dropped it."""
    unfolded("position", prompt="Bees make honey")
    ((_, make), *_) = (file for file in files if file[0] == "mini-gpt2.npz")
    with np.load(io.BytesIO(make()), allow_pickle=False) as first:
        kept = {name: first[name] for name in first}
    monkeypatch.setattr(ENGINE, "remembered", lambda job: None)
    with np.load(io.BytesIO(make()), allow_pickle=False) as again:
        assert kept.keys() == set(again)
        for name, values in kept.items():
            assert np.array_equal(values, again[name])


def test_a_cache_file_holds_as_many_tokens_as_its_button_says(files):
    app = unfolded("cache_grows", step="12")
    assert "Cache of mini-mla after 12 tokens" in [b.label for b in app.get("download_button")]
    about = header(dict(files)["mini-mla.cache.safetensors"]())
    assert about["model"] == "mini-mla" and len(json.loads(about["token_ids"])) == 12
