"""The only place that knows URL parameters and session state.

The URL is the truth. A widget's callback writes its value into the URL; the next run of the
script reads the URL and hands the values to the widgets. So a pasted link, the browser's Back
button and a click all take the same way.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from mla_core.models.chat import SUFFIX, plain
from mla_core.models.hub import LARGE
from mla_core.models.locate import Conversion
from ui import catalogue
from ui.words.en import common as words

T = TypeVar("T")
NOWHERE = object()
MAX_TOKENS = 128  # of a prompt, with its start token; both patterns stay legible
LARGE_TOKENS = 64  # of a large model: a thousand heads at once stay legible, and in memory
MAX_CHARACTERS = 4_000  # of a prompt in a link; longer texts are cut before anything reads them
MAX_NEW = 48
CHUNK = 12  # tokens generated at a time
MAX_TEMPERATURE = 2.0
OPTIONS = (
    "lead", "temperature", "seed", "sink", "method", "spread", "measure", "order", "kind", "compare",
    "attention", "biases", "storage", "cache", "top_k",
    "layer", "point", "shift", "positions", "context", "shape",
)  # fmt: skip
MAX_RANK = 1600  # the width of the largest GPT-2
HEAD_KEYS = (
    "mini-gpt2",
    "mini-mla",
    "mini-mha",
    "mini-gpt2-mla",
    "mini-mha-mla",
    "gpt2",
    "gpt2-mla",
    *LARGE,
)


@dataclass(frozen=True)
class View:
    """What the reader looks at; a link is this and nothing else.

    `heads` holds (layer, head) for each model the reader has chosen one for, by `head_key`.
    `large` is the model that stands alone where `pair` is "large", `chat` whether its own chat
    template is put around the text. `top_k` None draws among all tokens. `rank`, `method` and `layerwise` say how a model is converted; rank None is the page's own.
    """

    prompt: str
    step: int | None
    heads: dict[str, tuple[int, int]]
    temperature: float
    seed: int
    lead: str
    sink: bool
    pair: str
    large: str
    chat: bool
    converted: str
    rank: int | None
    method: str
    layerwise: bool
    measure: str
    order: str
    kind: str
    compare: str
    attention: str
    stage: int
    biases: bool
    storage: str
    cached: bool
    top_k: int | None
    layer: int
    point: str

    @property
    def alone(self) -> str | None:
        """The one large model that the reader looks at, as the engine knows it."""
        return None if self.pair != "large" else self.large + SUFFIX * self.chat

    @property
    def max_tokens(self) -> int:
        """Of a prompt, with its start token."""
        return LARGE_TOKENS if self.alone else MAX_TOKENS


def _number(text: str | None, low: float, high: float) -> float | None:
    """A number within its limits, or None for anything else that a link may hold."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and low <= value <= high else None


def _integer(text: str | None, high: int) -> int | None:
    value = _number(text, 0, high)
    return int(value) if value is not None and value == int(value) else None


def _head(text: str | None) -> tuple[int, int] | None:
    """ "5.2" -> layer 5, head 2; whether the model has them, the page checks."""
    layer, _, head = (text or "").partition(".")
    pair = (_integer(layer or None, 999), _integer(head or None, 999))
    return (pair[0], pair[1]) if pair[0] is not None and pair[1] is not None else None


def _one_of(text: str | None, known: Iterable[str]) -> str:
    """The text if it is known, else the first that is."""
    names = list(known)
    return text if text in names else names[0]


def head_key(model: str) -> str:
    """The URL's name for the head chosen of a model; all conversions of a model share one."""
    conversion = Conversion.parse(model)
    return plain(model) if conversion is None else f"{conversion.model}-mla"


def leads(models: list[str]) -> list[tuple[str, str]]:
    """(the URL's value, what to call it) for each way to continue two models' text."""
    if len(models) == 1:
        return [("own", words.LEADS[0])]
    return list(zip(("own", *map(head_key, models)), words.LEADS, strict=True))


def current() -> View:
    """The view that the URL asks for; what it says wrongly falls back to the default."""
    url = st.query_params
    heads = {name: _head(url.get(name)) for name in HEAD_KEYS}
    lead = url.get("lead", "own")
    pair = _one_of(url.get("pair"), words.PAIRS)
    layerwise = url.get("spread") == "layerwise"
    return View(
        prompt=url.get("prompt", catalogue.PROMPTS["flag"])[:MAX_CHARACTERS],
        step=_integer(url.get("step"), 10_000),
        heads={name: head for name, head in heads.items() if head is not None},
        temperature=_number(url.get("temperature"), 0, MAX_TEMPERATURE) or 0.0,
        seed=_integer(url.get("seed"), 2**31) or 0,
        lead=lead if lead in HEAD_KEYS else "own",
        sink=url.get("sink") != "hidden",
        pair=pair,
        large=_one_of(url.get("large"), LARGE),
        chat=url.get("chat") == "on",
        converted=_one_of(url.get("model"), catalogue.CONVERTED[pair]),
        rank=_integer(url.get("rank"), MAX_RANK) or None,
        method=_one_of(url.get("method"), words.METHODS),
        layerwise=layerwise,
        measure=_one_of(url.get("measure"), words.MEASURES),
        order=_one_of(url.get("order"), words.ORDERS),
        kind=_one_of(url.get("kind"), ("all", *words.KINDS)),
        compare=_one_of(url.get("compare"), words.COMPARES),
        attention=_one_of(url.get("attention"), words.ATTENTIONS),
        stage=_integer(url.get("stage"), 99) or 0,
        biases=url.get("biases") != "hidden",
        storage=_one_of(url.get("storage"), words.STORAGES),
        cached=url.get("cache") != "off",
        top_k=_integer(url.get("top_k"), 10**9) or None,
        layer=_integer(url.get("layer"), 999) or 0,
        point=url.get("point", ""),
    )


def asked(name: str, known: Iterable[str], default: str | None = None) -> str:
    """A choice in the URL, by a page of its own; anything else is the default, or the first."""
    names = list(known)
    return _one_of(
        st.query_params.get(name, default), names if default is None else [default, *names]
    )


def asked_number(name: str, low: int, high: int, default: int) -> int:
    """A whole number in the URL, between two others."""
    value = _number(st.query_params.get(name), low, high)
    return default if value is None else int(value)


def put(**values: Any) -> None:
    """Writes values into the URL; None takes a parameter out.

    In one message: a browser that answers between two of them would bring back a state that
    never was, another pair of models at the old step.
    """
    url = st.query_params.to_dict() | values
    st.query_params.from_dict(
        {name: str(value) for name, value in url.items() if value is not None}
    )


def carry(page: str) -> None:
    """Takes what the reader looks at along to another page: Streamlit's navigation drops it.

    A link to a page that brings a view of its own keeps that.
    """
    memory = st.session_state
    if memory.get("page", page) != page and not st.query_params:
        st.query_params.from_dict(memory["query"])
    memory["page"], memory["query"] = page, st.query_params.to_dict()


def new_prompt(prompt: str) -> None:
    """Another text: the step and the chosen heads belonged to the old one."""
    put(prompt=prompt, step=None, seed=None, **dict.fromkeys(HEAD_KEYS))


def origin(name: str, value: T) -> tuple[T, int]:
    """(what a component must show, a number that changes whenever it must go there).

    A component keeps its own place while the reader moves; only a place that it did not report
    itself (a link, the Back button) moves it.
    """
    memory = st.session_state
    if value != memory.get(f"reported_{name}", NOWHERE):
        memory[f"reported_{name}"] = value
        memory[f"origin_{name}"] = (value, memory.get(f"origin_{name}", (None, 0))[1] + 1)
    place: tuple[T, int] = memory[f"origin_{name}"]
    return place


def subject(view: View) -> str:
    """What a place on a page belongs to: short, and another for every text and pair of models."""
    return hashlib.sha256(f"{view.alone or view.pair} {view.prompt}".encode()).hexdigest()[:8]


def report(name: str, value: Any, about: str | None = None) -> bool:
    """A component says where the reader is; returns whether that still matters.

    Args:
        about: the `subject` that it was showing. A component reports when the reader pauses: by
            then the text or the models may be others, and the place would be one of the old.
    """
    if about is not None and about != subject(current()):
        return False
    st.session_state[f"reported_{name}"] = value
    return True


def picked_option(told: tuple[str, Any]) -> None:
    """A component says what the reader set; `current` checks it like anything else in a link."""
    name, value = told
    if name in OPTIONS:
        put(**{name: value})


def picked_head(told: tuple[str, int, int]) -> None:
    """A component says which head of which model the reader chose."""
    model, layer, head = told
    put(**{head_key(model): f"{layer}.{head}"})
