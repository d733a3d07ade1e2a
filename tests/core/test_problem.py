"""Errors that a reader can mend carry what another language needs to say them."""

import ast
import importlib
import json
import pickle
import pkgutil
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import mla_core
from mla_core.arithmetic.architectures.hugging_face import ConfigError, from_config
from mla_core.arithmetic.formula import Formula, FormulaError
from mla_core.inference.cache_file import CacheFileError, header
from mla_core.inference.tracing import PromptError
from mla_core.models import hub
from mla_core.models.config import CheckpointError, read_json
from mla_core.models.families import read_config
from mla_core.models.locate import ASSETS
from mla_core.records.problem import Problem

LIBRARY = ASSETS.parent / "mla_core"
BASE = LIBRARY / "records" / "problem.py"


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
        (lambda: from_config("[]"), ConfigError, "no_object",
         "A config.json holds one object: it begins with a brace."),
        (lambda: from_config('{"model_type": "nobody", "num_hidden_layers": 1, "use_cla": 2}'),
         ConfigError, "missing",
         "num_attention_heads is missing, and transformers does not know the model_type 'nobody': "
         "add the field."),
        (lambda: from_config({"model_type": "nobody", "num_hidden_layers": 4, "layer_group_size": 4}),
         ConfigError, "keeps_states",
         "layer_group_size is 4: its other layers keep a state, whose size is not known here "
         "(model_type 'nobody', which transformers does not know)."),
        (lambda: from_config("{"), ConfigError, "not_json_from",
         "This is not JSON (line 1): paste the whole config.json, from its first brace to its last."),
        (lambda: read_json(Path("nowhere")), CheckpointError, "no_config",
         "nowhere/config.json does not exist: a model directory holds config.json, "
         "model.safetensors and tokenizer.json"),
        (lambda: hub.download("gpt5"), hub.DownloadError, "unknown",
         f"gpt5 is not known; known are {', '.join(hub.REPOSITORIES)}"),
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


@pytest.mark.parametrize(
    ("fields", "key", "told"),
    [
        ({}, "missing_field", "lacks the field 'n_embd'"),
        ({"n_embd": 5, "n_head": 2}, "uneven_heads", "n_embd 5 is not a multiple of n_head 2"),
        ({"n_embd": "5"}, "not_positive", "n_embd must be a positive whole number, not '5'"),
        ({"bos_token_id": "<s>"}, "start_token_kind", "bos_token_id is '<s>': it must be null"),
        ({"quantization_config": "fp8"}, "quantised", "quantization_config is set: its weights"),
        ({"auto_map": {"": ""}, "model_type": "x"}, "unknown_architecture_with_code", "never run"),
    ],
)  # fmt: skip
def test_who_opened_a_file_tells_its_path_in_the_sentence_of_who_read_its_fields(
    tmp_path, fields, key, told
):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"} | fields))
    with pytest.raises(CheckpointError) as caught:
        read_config(tmp_path)
    error = caught.value
    assert error.key == key and told in str(error)
    assert error.values["path"] == str(tmp_path / "config.json")
    assert str(error) == CheckpointError.sentences[key].format(**error.values)
    assert str(error).startswith(str(tmp_path))


def braces(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def own_sentences() -> dict[str, dict[str, str]]:
    """Kind -> its sentences; one that has none of its own is said by those of its base."""
    return {kind.__name__: dict(kind.sentences) for kind in kinds() if "sentences" in vars(kind)}


def test_a_journey_through_pickle_changes_no_error():
    """Of whatever kind and key, also with a constructor of its own; 7 can fill any brace."""
    for kind in kinds():
        for key, sentence in kind.sentences.items():
            error = kind.of(key, **dict.fromkeys(braces(sentence), 7))
            copy = pickle.loads(pickle.dumps(error))
            assert type(copy) is kind
            assert (str(copy), copy.key, copy.values) == (str(error), key, error.values)
            assert copy.with_values().args == error.args


class Use(NamedTuple):
    """A key in the source: of which kind, with which values."""

    kind: str
    key: str
    values: frozenset[str]


class Forwarder(NamedTuple):
    """A function that raises, or returns, the error of the key that it is called with."""

    kind: str
    place: int  # of the key among its arguments, self aside
    parameters: tuple[str, ...]
    values: frozenset[str]  # which it fills in itself


Function = ast.FunctionDef | ast.AsyncFunctionDef


def calls(
    tree: ast.AST, inside: Function | None = None
) -> Iterator[tuple[ast.Call, Function | None]]:
    """Every call, with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield node, inside
        yield from calls(node, node if isinstance(node, Function) else inside)


def name_of(node: ast.expr | None) -> str | None:
    """`X` and `module.X` are X."""
    return getattr(node, "attr", getattr(node, "id", None))


def uses(source: str, names: set[str]) -> list[Use]:
    """Where errors are made; an AssertionError for whatever has no key that can be read here."""
    tree = ast.parse(source)
    found: list[Use] = []
    forwarders: dict[str, Forwarder] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            assert node.asname is None or node.name not in names, "under another name"
        if isinstance(node, ast.Raise):
            assert name_of(node.exc) not in names, "raised without a key"
        if isinstance(node, ast.Assign | ast.NamedExpr):
            assert name_of(node.value) not in names, "under another name"
    for call, inside in calls(tree):
        assert name_of(call.func) not in names, f"line {call.lineno}: made of a sentence"
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "of":
            continue
        kind = name_of(call.func.value)
        if kind not in names:
            continue
        assert len(call.args) == 1, f"line {call.lineno}: a key, then values by their names"
        (key,) = call.args
        values = frozenset(word.arg for word in call.keywords if word.arg is not None)
        rest = [name_of(word.value) for word in call.keywords if word.arg is None]
        if isinstance(key, ast.Constant):
            assert not rest, f"line {call.lineno}: values that cannot be read here"
            found.append(Use(kind, key.value, values))
            continue
        assert inside is not None and isinstance(key, ast.Name), (
            f"line {call.lineno}: a made-up key"
        )
        parameters = tuple(a.arg for a in inside.args.args if a.arg not in ("self", "cls"))
        assert key.id in parameters, f"line {call.lineno}: a made-up key"
        assert rest in ([], [inside.args.kwarg and inside.args.kwarg.arg])
        assert inside.name not in forwarders, f"two functions {inside.name}"
        forwarders[inside.name] = Forwarder(kind, parameters.index(key.id), parameters, values)
    for call, _ in calls(tree):
        forwarder = forwarders.get(name_of(call.func) or "")
        if forwarder is None:
            continue
        assert len(call.args) > forwarder.place, f"line {call.lineno}: the key by its place"
        key = call.args[forwarder.place]
        assert isinstance(key, ast.Constant), f"line {call.lineno}: a made-up key"
        assert all(word.arg for word in call.keywords)
        more = {str(word.arg) for word in call.keywords} - set(forwarder.parameters)
        found.append(Use(forwarder.kind, key.value, forwarder.values | more))
    return found


def faults(found: list[Use], there: dict[str, dict[str, str]]) -> list[str]:
    """What does not fit between the keys that are raised and the sentences that are there."""
    told = []
    for kind, key, values in found:
        sentence = there.get(kind, {}).get(key)
        if sentence is None:
            told.append(f"{kind} has no sentence {key}")
        elif values != braces(sentence):
            told.append(f"{kind} {key}: {sorted(values)} for {sorted(braces(sentence))}")
    raised = {(kind, key) for kind, key, _ in found}
    idle = [(kind, key) for kind in there for key in there[kind] if (kind, key) not in raised]
    return told + [f"{kind} {key} is never raised" for kind, key in idle]


def test_every_error_is_made_of_a_key_and_every_key_has_its_sentence_and_values():
    there = own_sentences()
    names = {kind.__name__ for kind in kinds()}
    assert {"CheckpointError", "ConfigError", "DownloadError", "PromptError"} <= there.keys()
    assert names == there.keys()
    found = []
    for path in LIBRARY.rglob("*.py"):
        if path == BASE:
            continue
        try:
            found += uses(path.read_text(encoding="utf-8"), names)
        except AssertionError as fault:
            raise AssertionError(f"{path.relative_to(LIBRARY)}: {fault}") from None
    assert faults(found, there) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise Bad("a sentence")',
        'raise Bad("a sentence", "key") from None',
        'error = kinds.Bad("a sentence")',
        "raise Bad",
        "raise kinds.Bad from error",
        "from kinds import Bad as Other",
        "Other = Bad",
        'raise Bad.of("not_" + field)',
        'raise Bad.of(f"not_{field}", size=1)',
        "raise Bad.of(key, size=1)",
        'raise Bad.of("key", **values)',
        'def refuse(key, **values):\n    raise Bad.of(key, **values)\nrefuse("not_" + field)',
        'def refuse(key, **values):\n    raise Bad.of(key, **values)\nread.refuse(key=one)',
        'def refuse(key, values):\n    raise Bad.of(key, **values)',
        'def refuse(key):\n    raise Bad.of("a" if key else "b")',
        'or_stop(lambda: Bad("a sentence"))',
    ],
)  # fmt: skip
def test_an_error_without_a_key_that_can_be_read_is_found(source):
    with pytest.raises(AssertionError):
        uses(source, {"Bad"})


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('raise Bad.of("size", size=1) from None', []),
        ('raise trouble or kinds.Bad.of("size", size=1)', []),
        ('or_stop(lambda: stop(Bad.of("size", size=1)))', []),
        ('def no(self, key, of, **values):\n  raise Bad.of(key, size=of, **values)\nx.no("size", 1)', []),
        ('def no(self, key, **values):\n  raise Bad.of(key, **values)\nx.no("size", size=1)', []),
        ('def no(key, **values):\n  raise Bad.of(key, **values)\nno("size", size=1, more=2)',
         ["Bad size: ['more', 'size'] for ['size']"]),
        ('raise Bad.of("size")', ["Bad size: [] for ['size']"]),
        ('raise Bad.of("size", size=1, more=2)', ["Bad size: ['more', 'size'] for ['size']"]),
        ('raise Bad.of("sise", size=1)', ["Bad has no sentence sise", "Bad size is never raised"]),
        ("", ["Bad size is never raised"]),
    ],
)  # fmt: skip
def test_a_key_without_its_sentence_or_its_values_is_found(source, told):
    assert faults(uses(source, {"Bad"}), {"Bad": {"size": "{size:,} is too large"}}) == told
