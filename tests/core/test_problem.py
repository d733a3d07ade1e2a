"""Errors that a reader can mend carry what another language needs to say them."""

import ast
import importlib
import json
import pickle
import pkgutil

import pytest

import mla_core
from mla_core.arithmetic.formula import Formula, FormulaError
from mla_core.inference.cache_file import CacheFileError, header
from mla_core.inference.tracing import PromptError
from mla_core.models.config import CheckpointError
from mla_core.models.locate import ASSETS
from mla_core.records.problem import Problem


def kinds(of: type[Problem] = Problem) -> list[type[Problem]]:
    """Every kind of problem that the library has."""
    return [of, *(kind for each in of.__subclasses__() for kind in kinds(each))]


@pytest.fixture(scope="module", autouse=True)
def everything_imported():
    for module in pkgutil.walk_packages(mla_core.__path__, "mla_core."):
        if not module.name.endswith(("__main__", "_kernel")):
            importlib.import_module(module.name)


@pytest.mark.parametrize(
    ("ask", "kind", "key", "told"),
    [
        (lambda: Formula("a / b", {"a": 1, "b": 0}).value(), FormulaError, "undefined",
         "a / b has no value: division by zero"),
        (lambda: Formula("a").value(), FormulaError, "unknown_name", "a has no value"),
        (lambda: Formula("f(1)").value(), FormulaError, "not_arithmetic",
         "f(1) is more than arithmetic"),
        (lambda: header(b"hello"), CacheFileError, "no_cache",
         "This file is no saved cache: choose one that this page saved."),
        (lambda: mla_core.trace(mla_core.load_model("mini-mla"), ""), PromptError, "empty",
         "The prompt is empty: type a few words."),
        (lambda: mla_core.trace(mla_core.load_model("mini-mla"), "a " * 600), PromptError,
         "too_long", "The prompt has 602 tokens, mini-mla takes at most 512: shorten it."),
    ],
)  # fmt: skip
def test_a_problem_has_its_sentence_its_key_and_its_values(ask, kind, key, told):
    with pytest.raises(kind) as caught:
        ask()
    error = caught.value
    assert isinstance(error, ValueError)  # as before there were keys
    assert (error.key, str(error)) == (key, told)
    assert kind.sentences[key].format(**error.values) == told
    json.dumps(error.values)  # so that a browser, or another server, can say it
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.key, copy.values) == (told, key, error.values)


def test_a_sentence_without_a_key_is_a_problem_too():
    error = CheckpointError("config.json is missing")
    assert (str(error), error.key, error.values) == ("config.json is missing", "", {})


def test_every_key_that_is_raised_has_a_sentence_and_the_other_way_round():
    raised: dict[str, set[str]] = {}
    for path in (ASSETS.parent / "mla_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=kind), attr="of"),
                    args=[ast.Constant(value=key)],
                ):
                    raised.setdefault(kind, set()).add(key)
    there = {kind.__name__: set(kind.sentences) for kind in kinds() if kind.sentences}
    assert raised == there and len(there) >= 3
