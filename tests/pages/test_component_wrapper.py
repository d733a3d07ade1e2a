"""What stands between the components and their pages: modules that are served, events that arrive."""

import re
from types import SimpleNamespace

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui.components import FOLDER, deliver, modules


@pytest.fixture
def memory(monkeypatch):
    """A session of its own."""
    session: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", session)
    return session


def test_each_event_arrives_once_and_in_order(memory):
    """Also where a message was dropped, repeated, or says the same as the one before."""
    heard: list[object] = []
    on = {"option": lambda value: heard.append(value), "head": lambda value: heard.append(value)}
    draw = ["seed", 1]
    for events in (
        [[4, "option", draw]],
        [[4, "option", draw]],  # the same message again
        [[4, "option", draw], [5, "option", draw]],  # the same click again
        [
            [4, "option", draw],
            [5, "option", draw],
            [6, "head", "a"],
            [7, "option", "b"],
        ],  # 6 was lost
        [[8, "nothing", "that this page knows"], [9, "head", "c"]],
    ):
        memory["key"] = SimpleNamespace(events=events)
        deliver("key", on)
    assert heard == [draw, draw, "a", "b", "c"]


def test_an_event_that_fails_is_not_tried_again(memory):
    def fails(_: object) -> None:
        raise ValueError

    memory["key"] = SimpleNamespace(events=[[1, "option", "x"]])
    with pytest.raises(ValueError):
        deliver("key", {"option": fails})
    deliver("key", {"option": fails})


@pytest.fixture
def client(monkeypatch):
    def served(base: str = "") -> TestClient:
        monkeypatch.setattr(st, "get_option", lambda name: base if "baseUrlPath" in name else None)
        return TestClient(Starlette(routes=modules.routes()))

    return served


@pytest.mark.parametrize("base", ["", "lab", "/lab/"])
def test_every_module_is_served_and_kept(client, base):
    prefix = f"/{base.strip('/')}" if base else ""
    for path in FOLDER.rglob("*.js"):
        name = path.relative_to(FOLDER).as_posix()
        answer = client(base).get(f"{prefix}/modules/{modules.VERSION}/{name}")
        assert answer.status_code == 200 and answer.text == path.read_text(encoding="utf-8")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "{version}/lib/none.js", "{version}/__init__.py", "{version}/lib/lib.css",
        "{version}/../../app.py", "{version}/..%2f..%2fapp.py", "{version}//etc/passwd",
        "000000000000/lib/dom.js",
    ],
)  # fmt: skip
def test_nothing_else_is_served_and_no_old_version_is_kept(client, path):
    answer = client().get("/modules/" + path.format(version=modules.VERSION))
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers or answer.headers["cache-control"] == "no-store"


def test_every_import_leads_to_a_module():
    for name, source in modules.SOURCES.items():
        for path in re.findall(r'from "(\..*?)"', source.decode()):
            target = (FOLDER / name).parent / path
            assert target.resolve().is_file(), f"{name} imports {path}"


def test_a_stub_names_the_module_and_is_small():
    stub = modules.stub("side_by_side")
    assert f"modules/{modules.VERSION}/" in stub and '"side_by_side/side_by_side.js"' in stub
    assert len(stub) < 1500
