"""What components show in these tests: recorded runs, through each component's own Python."""

from types import ModuleType
from typing import Any
from unittest import mock

import streamlit as st

from mla_core.models.locate import ASSETS, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from mla_core.records.trace import Trace
from ui import catalogue
from ui.state import url as state

PROMPT = catalogue.PROMPTS["flag"]
MODELS = ("mini-gpt2", "mini-mla")
HEADS = {"mini-gpt2": (3, 3), "mini-mla": (1, 4)}


def path(file: str) -> str:
    return str(ASSETS / "traces" / file)


def traces(prompt: str = "flag") -> list[Trace]:
    return [Trace.load(path(f"{prompt}.{model}.npz")) for model in MODELS]


def tokenizer() -> Tokenizer:
    return open_tokenizer(locate("mini-mla"))


def view(**query: str) -> state.View:
    """The view of a link."""
    with mock.patch.object(st, "query_params", query):
        return state.current()


def handed(component: ModuleType, draw: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
    """The data that a component's function hands to the browser."""
    with mock.patch.object(component, "mount") as mount:
        draw(*arguments, **options)
    data: dict[str, Any] = mount.call_args.kwargs["data"]
    return data
