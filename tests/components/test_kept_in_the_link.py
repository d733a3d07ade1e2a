"""Choices that a component draws itself are shown as the link has them, and told."""

import importlib

import pytest

from tests.pages.driving import open_page, spy_on


@pytest.mark.parametrize(
    ("page", "query", "control", "shows", "chosen", "told"),
    [
        ("inside_one_head", {"query": "5"}, "select.query", "5", "2", ["query", 2]),
        ("inside_one_head", {"query": "99"}, "select.query", "9", "0", ["query", 0]),
        ("absorption", {"key": "2"}, "select.key", "2", "4", ["key", 4]),
        ("cache_grows", {"forget": "3"}, ".forget input", "3", "1", ["forget", 1]),
        ("cache_grows", {"forget": "99"}, ".forget input", "9", "0", ["forget", 0]),
    ],
)
def test_a_choice_is_shown_and_told(bare, monkeypatch, page, query, control, shows, chosen, told):
    seen = spy_on(monkeypatch, importlib.import_module(f"ui.components.{page}"))
    open_page(page, **query)
    data = {name: value for name, value in seen[-1].items() if name != "_key"}
    shown = bare.show(page, data)
    field = shown.locator(control)
    assert field.input_value() == shows
    field.evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input'));"
        " e.dispatchEvent(new Event('change')); }",
        chosen,
    )
    assert bare.events("option") == [told]
