"""How the tests open a page, and see what it hands to its components."""

import base64
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mla_core.models.locate import ASSETS

SHELL = str(ASSETS.parent / "ui" / "shell.py")


def path(name: str) -> str:
    return str(ASSETS.parent / "pages" / f"{name}.py")


def open_page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(SHELL, default_timeout=120)
    app.query_params.update(query)
    app.switch_page(path(name))
    return app.run()


def spy_on(monkeypatch: pytest.MonkeyPatch, *components: ModuleType) -> list[dict[str, Any]]:
    """The `data` that each gets from now on, newest last; its `key` stands with it as "_key"."""
    calls: list[dict[str, Any]] = []

    def spy(component: ModuleType) -> None:
        mount = component.mount

        def watched(**arguments: Any) -> Any:
            calls.append(arguments["data"] | {"_key": arguments["key"]})
            return mount(**arguments)

        monkeypatch.setattr(component, "mount", watched)

    for component in components:
        spy(component)
    return calls


def floats(text: str, kind: str = "<f4") -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)
