"""The kinds of parameters that a link can hold: what each may be, and how its text is read.

One rule for whatever else a link may say (out of range, NaN, text for a number, an unknown choice,
nothing at all): it is as if it had not been said, and the default holds. Of a parameter that is
said twice the last one counts, as in Streamlit's `st.query_params`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from ui.catalogue import Chapter

V = TypeVar("V", covariant=True)  # what is read
D = TypeVar("D", covariant=True)  # what holds where nothing is


class Viewed(Protocol):
    """What parameters are attributes of: see `ui.state.parameters.View`."""

    def value(self, parameter: "Parameter[Any, Any]") -> Any: ...


@dataclass(frozen=True, eq=False)
class Parameter(ABC, Generic[V, D]):
    """One thing that a reader can set.

    As an attribute of a class it is itself, with its range and its default; of a view it is the
    value that was read.

    Attributes:
        name: in the link.
        default: where a link does not say it; None where the page has a default of its own.
        chapters: the pages that use it. Two parameters may share a name where they share no page.
        aliases: what links of before call it.
    """

    name: str
    default: D = field(kw_only=True)
    chapters: tuple[Chapter, ...] = field(kw_only=True)
    aliases: tuple[str, ...] = field(default=(), kw_only=True)

    @abstractmethod
    def parse(self, text: str) -> V | None:
        """The value of a text; None if it is none."""

    def read(self, query: Mapping[str, str]) -> V | D:
        """The value in a link's parameters, under its name or one of before."""
        said = next((query[name] for name in (self.name, *self.aliases) if name in query), None)
        value = None if said is None else self.parse(said)
        return self.default if value is None else value

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: Viewed, owner: type) -> V | D: ...
    def __get__(self, view: Viewed | None, owner: type) -> Any:
        return self if view is None else view.value(self)


@dataclass(frozen=True, eq=False)
class Number(Parameter[float, D]):
    """From `low` to `high`, both included."""

    low: float
    high: float

    def parse(self, text: str) -> float | None:
        return number(text, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Integer(Parameter[int, D]):
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int

    def parse(self, text: str) -> int | None:
        return whole_number(text, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Pair(Parameter[tuple[int, int], D]):
    """Two whole numbers, "5.2": a layer and its head. Whether a model has them, the page checks."""

    sign: str = "."
    high: int = 999

    def parse(self, text: str) -> tuple[int, int] | None:
        first, second = (
            whole_number(part, 0, self.high) for part in text.partition(self.sign)[::2]
        )
        return None if first is None or second is None else (first, second)


@dataclass(frozen=True, eq=False)
class Choice(Parameter[str, D]):
    """One of some names.

    Attributes:
        before: name of before -> name of today.
    """

    choices: tuple[str, ...]
    before: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def parse(self, text: str) -> str | None:
        name = self.before.get(text, text)
        return name if name in self.choices else None


@dataclass(frozen=True, eq=False)
class Flag(Parameter[bool, bool]):
    """On or off, each by a word of its own."""

    on: str
    off: str

    def parse(self, text: str) -> bool | None:
        return {self.on: True, self.off: False}.get(text)


@dataclass(frozen=True, eq=False)
class Text(Parameter[str, D]):
    """Any text; what is longer than `longest` characters is cut before anything reads it."""

    longest: int

    def parse(self, text: str) -> str:
        return text[: self.longest]


def number(text: str, low: float, high: float) -> float | None:
    """The number of a text, within its limits; NaN is not."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None


def whole_number(text: str, low: int, high: int) -> int | None:
    """The same, where it has no fraction."""
    value = number(text, low, high)
    return int(value) if value is not None and value == int(value) else None
