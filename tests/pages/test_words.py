"""Sentences stand in `ui/words` and nowhere else; what is chosen, drawn and linked has names."""

import ast
import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mla_core.arithmetic import roofline
from mla_core.arithmetic.architectures import PUBLISHED
from mla_core.arithmetic.architectures import STORAGES as PUBLISHED_STORAGES
from mla_core.arithmetic.claims import CLAIMS
from mla_core.convert.methods import METHODS
from mla_core.experiments import cache_grows
from mla_core.models.locate import ASSETS
from ui import catalogue
from ui.claims import card
from ui.figures import palette
from ui.figures import speed as speed_figures
from ui.state.kinds import Choice, Flag
from ui.state.parameters import PARAMETERS
from ui.words.en import claims, common, deepseeks_scale, latent_compression, side_by_side, speed

WORDS = ASSETS.parent / "ui" / "words"
MODULES = sorted((WORDS / "en").glob("*.py"))


def texts(value: Any, where: str) -> Iterator[str]:
    """Every text in a container of texts; anything else than texts has no place there."""
    match value:
        case str():
            yield value
        case tuple() | list():
            for part in value:
                yield from texts(part, where)
        case dict():
            for key, part in value.items():
                assert isinstance(key, str | bool), where
                yield from texts(part, f"{where}.{key}")
        case bool() if where.endswith("sizes"):
            pass  # whether a step of the algebra also tells its sizes
        case _:
            raise AssertionError(f"{where} holds {type(value).__name__}")


def said() -> set[str]:
    """Every text that a reader may see."""
    found = set()
    for path in MODULES:
        module = importlib.import_module(f"ui.words.en.{path.stem}")
        for name, value in vars(module).items():
            if not name.startswith("__") and value is not Any:
                found |= set(texts(value, f"{path.stem}.{name}"))
    return found


@pytest.mark.parametrize("path", [WORDS / "__init__.py", *MODULES], ids=lambda path: path.stem)
def test_words_import_nothing_and_do_nothing(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.module == "typing"
        assert not isinstance(node, ast.Import | ast.FunctionDef | ast.ClassDef | ast.Lambda)


def test_words_hold_texts_and_containers_of_texts():
    assert len(said()) > 500


def sentences() -> set[str]:
    return {text for text in said() if " " in text.strip()}


def test_what_a_link_says_is_a_name():
    proper = {*PUBLISHED, *CLAIMS}  # of models, and of numbers that circulate
    for parameter in PARAMETERS:
        names: tuple[str, ...] = (parameter.name,)
        if isinstance(parameter, Choice):
            names += parameter.choices
        if isinstance(parameter, Flag):
            names += (parameter.on, parameter.off)
        ours = set(names) - proper
        assert not ours & sentences(), parameter.name
        for name in ours:
            assert re.fullmatch(r"[\w.-]+", name), name


def test_what_has_a_colour_is_a_name():
    keyed = [value for value in vars(palette).values() if isinstance(value, dict)]
    keyed += [card.COLOURS, card.BADGES, speed_figures.SHARE_COLOURS]
    for colours in keyed:
        assert not set(colours) & sentences()
        for name in colours:
            assert re.fullmatch(r"[\w.-]+", name), name


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (catalogue.PAIRS, common.PAIRS),
        (catalogue.PROMPTS, common.PROMPT_NAMES),
        (catalogue.METHODS, common.METHODS),
        (catalogue.MEASURES, common.MEASURES),
        (catalogue.ORDERS, common.ORDERS),
        (catalogue.COMPARES, common.COMPARES),
        (catalogue.KINDS, common.KINDS),
        (catalogue.ATTENTIONS, common.ATTENTIONS),
        (catalogue.LIVE_STORAGES, common.STORAGES),
        (palette.CACHE_PARTS, common.CACHE_PARTS),
        (catalogue.RANKS, latent_compression.RANKS),
        ({name for pair in catalogue.CONVERTED.values() for name in pair},
         latent_compression.CONVERTED_NAMES),
        (catalogue.SCALE_PARTS, deepseeks_scale.PARTS),
        (catalogue.COUNTERFACTUALS, deepseeks_scale.COUNTERFACTUALS),
        ({*catalogue.STORAGES, *catalogue.WEIGHT_BYTES}, deepseeks_scale.DTYPES),
        (catalogue.GPUS, deepseeks_scale.GPU_NAMES),
        (catalogue.SPEED_PARTS, speed.PARTS),
        (catalogue.RUNS, speed.RUNS),
        (speed_figures.SHARE_COLOURS, speed.SHARES),
        (set(card.VERDICTS.values()), claims.VERDICTS),
        (CLAIMS, claims.CARDS),
        (("mini", "converted", "large"), side_by_side.NOTES),
    ],
)  # fmt: skip
def test_everything_in_the_catalogue_has_its_words(names, called):
    assert set(names) == set(called)


def test_the_catalogue_is_what_the_library_has():
    assert set(catalogue.METHODS) == {"auto", *METHODS}
    assert set(catalogue.STORAGES.values()) == set(PUBLISHED_STORAGES)
    assert set(catalogue.GPUS.values()) == set(roofline.GPUS)
    assert {name for name in catalogue.LIVE_STORAGES.values() if name} == set(cache_grows.STORAGES)
    assert catalogue.R1 in PUBLISHED
    pages = {page.stem for page in (ASSETS.parent / "pages").glob("*.py")}
    assert set(catalogue.CHAPTERS) == pages
