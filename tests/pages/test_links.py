"""What a link may say: links of before, and each parameter at, inside and outside its range.

`old_links/` holds links as they were before parameters had the names of today, each with what the
app of then read out of it (`states.json`), and of some what it showed (`shown.json`).
"""

import importlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from mla_core.arithmetic.claims import CLAIMS
from mla_core.arithmetic.roofline import TB, TFLOP
from mla_core.models.locate import ASSETS
from tests.pages.driving import open_page, spy_on
from ui import catalogue
from ui.deepseeks_scale import view as scale
from ui.speed import view as speed
from ui.state import url
from ui.state.kinds import Choice, Flag, Integer, Number, Pair, Parameter, Text
from ui.state.parameters import HEADS, INPUTS, PARAMETERS, View

OLD = Path(__file__).parent / "old_links"
STATES: dict[str, Any] = json.loads((OLD / "states.json").read_text(encoding="utf-8"))
SHOWN: list[dict[str, Any]] = json.loads((OLD / "shown.json").read_text(encoding="utf-8"))
# fields of a view of then -> attributes of today, where they have other names
RENAMED = {"sink": "first_token", "lead": "continuation", "storage": "cache_dtype"}


class Query(dict[str, str]):
    """Like `st.query_params`, without a browser."""

    def to_dict(self) -> dict[str, str]:
        return dict(self)

    def from_dict(self, query: dict[str, str]) -> None:
        self.clear()
        self.update(query)


@pytest.fixture
def link(monkeypatch):
    """Sets the link that the app reads."""

    def set_link(query: dict[str, str]) -> Query:
        found = Query(query)
        monkeypatch.setattr(url, "st", SimpleNamespace(query_params=found))
        return found

    return set_link


def page_of(address: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(address)
    page = parts.path.strip("/").replace("start", "") or "side_by_side"
    return page, dict(parse_qsl(parts.query, keep_blank_values=True))


# ---- links of before


def expected_view(state: dict[str, Any], chapter: str) -> dict[str, Any]:
    """What was read then, by the attributes of today; of this chapter's parameters alone."""
    was = STATES["default"] | state
    was |= {RENAMED[name]: value for name, value in was.items() if name in RENAMED}
    was["ranks"] = "per_layer" if was["layerwise"] else "same"
    was["point"] = was["point"] if was["point"] in catalogue.TRAINED else "mini-mla"
    found = {}
    for attribute, parameter in vars(View).items():
        here = isinstance(parameter, Parameter) and chapter in parameter.chapters
        if here and attribute in was:
            before = parameter.before if isinstance(parameter, Choice) else {}
            found[attribute] = before.get(was[attribute], was[attribute])
    if chapter in HEADS["gpt2"].chapters:
        found["heads"] = {name: tuple(head) for name, head in was["heads"].items()}
        found["alone"] = was.get("alone")
    if chapter == "latent_compression":
        found["converted"] = was["converted"]
    return found


def test_there_are_enough_old_links():
    pages = {page_of(one["link"])[0] for one in STATES["links"]}
    assert len(STATES["links"]) > 100 and pages == set(catalogue.CHAPTERS)
    assert {page_of(one["link"])[0] for one in SHOWN} == pages


@pytest.mark.parametrize("old", STATES["links"], ids=lambda old: old["link"])
def test_an_old_link_says_what_it_said(old, link):
    page, query = page_of(old["link"])
    link(query)
    state = old["state"]
    if page == "deepseeks_scale":
        look = scale.current()
        view = look.link
        told = {
            "part": view.scale_part, "first": look.first.name, "second": look.second.name,
            "context": look.context, "batch": look.batch, "gpu": catalogue.GPUS[view.gpu], "gpus": view.gpus,
            "numbers": catalogue.STORAGES[view.scale_cache_dtype],
            "bandwidth": round(look.gpu.bandwidth / TB * 1000),
            "tflops": round(look.gpu.flops / TFLOP),
        }  # fmt: skip
        weights = View.weights.before
        assert view.weights == weights.get(state["weights"], state["weights"])
        assert told == {name: state[name] for name in told}
    elif page == "speed":
        look = speed.current()
        assert [look.part, look.run_name, list(look.point)] == [*state.values()]
    elif page == "claims":
        assert url.read("claims").claim == state["claim"]
        assert url.read("claims").inputs == CLAIMS[state["claim"]].inputs
    else:
        view, expected = url.read(page), expected_view(state, page)
        if "layer" in expected:  # a page has a default of its own
            assert (view.layer or 0) == expected.pop("layer")
        assert {name: getattr(view, name) for name in expected} == expected


NOW = {  # widgets and values that have another name today
    "scale-numbers": "scale-cache_dtype",
    "model": "converted",
}
COMPONENTS = (
    "side_by_side", "every_head", "inside_one_head", "cache_grows", "sharing_heads",
    "latent_compression", "absorption", "position",
)  # fmt: skip


def today(name: str, value: Any) -> Any:
    """A value that a page of then showed, as it is called today."""
    parameter = {
        "attention": View.attention,
        "spread": View.ranks,
        "storage": View.cache_dtype,
        "scale-second": View.second,
        "scale-cache_dtype": View.scale_cache_dtype,
        "scale-weights": View.weights,
    }
    return parameter[name].before.get(value, value) if name in parameter else value  # fmt: skip


@pytest.mark.parametrize("old", SHOWN, ids=lambda old: old["link"])
def test_an_old_link_shows_what_it_showed(old, monkeypatch):
    components = [importlib.import_module(f"ui.components.{name}") for name in COMPONENTS]
    seen = spy_on(monkeypatch, *components)
    page, query = page_of(old["link"])
    app = open_page(page, **query)
    assert not app.exception and not app.error
    for name, value in old["shown"].items():
        now = seen[-1]["ranks" if name == "spread" else name]
        if name == "sides":
            now = [[side["model"], side.get("layer"), side.get("head")] for side in now]
        elif isinstance(now, dict):
            now = now["model"]
        elif isinstance(now, list):
            now = [list(part) for part in now]
        assert now == today(name, value), name
    for key, value in old["widgets"].items():
        key = NOW.get(key, key)
        assert app.session_state[key] == today(key, value), key


# ---- every parameter of every page


def strange(parameter: Parameter) -> Iterator[str]:
    """Texts that mean nothing for a parameter: below and above, NaN, text, nothing at all."""
    yield from ("", "nan", "inf", "-inf", "1e400", "nobody", "<b>", "\u0663.x", "--", "9" * 5_000)
    if isinstance(parameter, Integer | Number):
        yield from (str(parameter.low - 1), str(parameter.high + 1))
    if isinstance(parameter, Integer):
        yield str(parameter.low + 0.5)
    if isinstance(parameter, Pair):
        sign, over = parameter.sign, parameter.high + 1
        yield from (f"-1{sign}0", f"0{sign}{over}", f"{over}{sign}0", f"1{sign}2{sign}3", "5")


def sensible(parameter: Parameter) -> list[tuple[str, Any]]:
    """(text, what it means): the ends of a range, or each choice."""
    match parameter:
        case Integer() | Number():
            return [(str(end), end) for end in (parameter.low, parameter.high)]
        case Pair():
            ends = (0, parameter.high)
            return [(f"{end}{parameter.sign}{end}", (end, end)) for end in ends]
        case Choice():
            names = [(name, name) for name in parameter.choices]
            return names + list(parameter.before.items())
        case Flag():
            return [(parameter.on, True), (parameter.off, False)]
        case Text():
            return [("", ""), ("x" * (parameter.longest + 1), "x" * parameter.longest)]
    raise AssertionError(parameter)


TYPES = {Integer: int, Number: float, Pair: tuple, Choice: str, Flag: bool, Text: str}


@pytest.mark.parametrize("chapter", catalogue.CHAPTERS)
def test_each_parameter_is_read_or_falls_back(chapter):
    tried = 0
    for parameter in PARAMETERS:
        if chapter not in parameter.chapters:
            continue
        for name in (parameter.name, *parameter.aliases):
            for text, meant in sensible(parameter):
                value = View(chapter, {name: text}).value(parameter)
                assert value == meant and isinstance(value, TYPES[type(parameter)])
                tried += 1
            for text in () if isinstance(parameter, Text) else strange(parameter):
                value = View(chapter, {name: text}).value(parameter)
                assert value == parameter.default, (name, text)
                tried += 1
        assert View(chapter, {}).value(parameter) == parameter.default
    assert tried > 20


def test_a_default_lies_in_its_own_range():
    for parameter in PARAMETERS:
        if parameter.default is not None and not isinstance(parameter, Flag):
            assert parameter.parse(str(parameter.default)) == parameter.default, parameter.name
        if isinstance(parameter, Number):
            assert math.isfinite(parameter.low) and math.isfinite(parameter.high)


def test_no_two_parameters_of_a_page_share_a_name():
    for chapter in catalogue.CHAPTERS:
        here = [each for each in PARAMETERS if chapter in each.chapters]
        names = [name for each in here for name in (each.name, *each.aliases)]
        assert len(names) == len(set(names)), chapter
    assert not {alias for each in PARAMETERS for alias in each.aliases} & {
        each.name for each in PARAMETERS
    }


def test_a_view_has_the_parameters_of_its_chapter_alone():
    with pytest.raises(AttributeError, match="temperature is no parameter of claims"):
        _ = View("claims", {}).temperature


def test_only_the_schema_touches_the_link():
    """So a page can only be told what the schema has read."""
    root = ASSETS.parent
    files = [*(root / "ui").rglob("*.py"), *(root / "pages").glob("*.py")]
    touching = {file.name for file in files if "query_params" in file.read_text(encoding="utf-8")}
    assert touching == {"url.py", "session.py", "kinds.py"}


def batches(chapter: str) -> dict[str, dict[str, Any]]:
    """Links with every parameter of a page at once: at its least, its most, nonsense said twice.

    What costs another pass of the models stays as it is, so that recordings answer: each page's own
    tests try those.
    """
    kept = {
        "prompt", "pair", "large", "converted", "rank", "step", "temperature", "part", "claim",
        "run",
    }  # fmt: skip
    least, most, nonsense = {}, {}, {}
    for parameter in PARAMETERS:
        if chapter not in parameter.chapters or parameter.name in kept:
            continue
        (first, _), *_, (last, _) = sensible(parameter)
        if isinstance(parameter, Choice):
            first, *_, last = parameter.choices
        least[parameter.name], most[parameter.name] = first, last
        nonsense[parameter.name] = [last, "nan"]
    return {"least": least, "most": most, "nonsense": nonsense}


@pytest.mark.parametrize("end", ["least", "most", "nonsense"])
@pytest.mark.parametrize("chapter", catalogue.CHAPTERS)
def test_a_page_opens_at_the_ends_of_its_ranges(chapter, end):
    parts = {"deepseeks_scale": catalogue.SCALE_PARTS, "speed": catalogue.SPEED_PARTS}
    more = [{"part": part} for part in parts.get(chapter, ())] if end != "nonsense" else []
    for part in more or [{"part": "speed"} if chapter == "deepseeks_scale" else {}]:
        app = open_page(chapter, **batches(chapter)[end], **part)
        assert not app.exception, part
        assert not app.error or chapter == "claims", part  # a quotient of nothing is a sentence


@pytest.mark.parametrize(
    "query",
    ["tflops=6000", "tflops=1", "bandwidth=90000", "bandwidth=1", "tflops=5000&bandwidth=100"],
)
def test_a_machine_that_no_slider_can_set_is_none(query):
    app = open_page("deepseeks_scale", part="speed", **parse_qs(query))
    assert not app.exception and not app.error


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_opens_with_the_inputs_of_its_link(claim):
    for end in (0, 10**9) if claim in ("93.3%", "memory") else (0,):
        app = open_page("claims", claim=claim, **dict.fromkeys(CLAIMS[claim].inputs, str(end)))
        assert not app.exception
        for name in CLAIMS[claim].inputs:
            assert app.number_input(key=f"input-{claim}-{name}").value == end
        assert app.error or app.subheader[1].value  # a sentence, or the number


@pytest.mark.parametrize(
    ("page", "query", "handed"),
    [
        ("position", {"shift": "100", "positions": "off"}, {"shift": 100, "positions": False}),
        ("position", {"shift": "401"}, {"shift": 0, "positions": True}),
        ("absorption", {"context": "4096", "shape": "deepseek", "key": "2"},
         {"context": 4096, "shape": "deepseek", "key": 2}),
        ("absorption", {"key": "99"}, {"context": None, "shape": "own", "key": 5}),
        ("inside_one_head", {"query": "5"}, {"query": 5}),
        ("cache_grows", {"forget": "3", "cache_dtype": "6bit"}, {"forget": 3, "storage": "6bit"}),
        ("latent_compression", {"ranks": "per_layer"}, {"ranks": "per_layer"}),
    ],
)  # fmt: skip
def test_what_a_link_says_reaches_the_component(page, query, handed, monkeypatch):
    seen = spy_on(monkeypatch, importlib.import_module(f"ui.components.{page}"))
    app = open_page(page, **query)
    assert not app.exception and not app.error
    assert {name: seen[-1][name] for name in handed} == handed


# position's slider goes over the shifts that were run
@pytest.mark.parametrize("page", ["side_by_side", "cache_grows", "absorption"])
def test_a_component_gets_its_ranges_from_the_schema(page, monkeypatch):
    seen = spy_on(monkeypatch, importlib.import_module(f"ui.components.{page}"))
    open_page(page)
    here = {each.name: each for each in PARAMETERS if page in each.chapters}
    assert seen[-1]["ranges"]
    for name, limits in seen[-1]["ranges"].items():
        own = here[name]
        assert limits == {"low": own.low, "high": own.high, "default": own.default}


# ---- writing


def test_writing_takes_the_names_of_before_out(link):
    query = link({"sink": "hidden", "storage": "fp8", "numbers": "6 bits", "mine": "1"})
    url.put(first_token="shown", cache_dtype=None)
    assert query == {"first_token": "shown", "mine": "1"}
    url.set_option(["sink", "hidden"])  # a component that knows the name of before
    assert query == {"first_token": "hidden", "mine": "1"}
    url.set_option(["nobody", "x"])
    url.set_head(["nobody", 1, 2])
    assert query == {"first_token": "hidden", "mine": "1"}
    with pytest.raises(KeyError):
        url.put(nobody=1)


def test_what_is_written_is_read_again(link):
    for parameter in PARAMETERS:
        for _, meant in sensible(parameter):
            if isinstance(meant, str | int | float) and not isinstance(meant, bool):
                link({})
                url.put(**{parameter.name: meant})
                assert url.read(parameter.chapters[0]).value(parameter) == meant


def test_another_text_keeps_nothing_of_the_old_ones_tokens(link):
    query = link({"step": "3", "seed": "1", "query": "2", "key": "2", "forget": "1",
                  "mini-mla": "5.2", "pair": "same"})  # fmt: skip
    url.new_prompt("Another")
    assert query == {"prompt": "Another", "pair": "same"}


def test_a_claims_inputs_are_in_the_link():
    app = open_page("claims", claim="57x", heads="64")
    assert "28.4444" in " ".join(part.value for part in app.markdown) and app.info
    app.number_input(key="input-57x-kv_lora_rank").set_value(256).run()
    assert app.query_params["kv_lora_rank"] == "256" and app.query_params["heads"] == "64"
    app.number_input(key="input-57x-heads").set_value(128).run()
    assert "heads" not in app.query_params  # as the source has it
    app.radio(key="claim").set_value("6x").run()
    assert set(app.query_params) == {"claim"}
    assert set(INPUTS) >= {name for claim in CLAIMS.values() for name in claim.inputs}
