"""The base of the library's errors: a sentence, and what another language needs to say it too."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

P = TypeVar("P", bound="Problem")
# what JSON can say, so that a browser or another server can say it too
Said = str | float | list[Any] | dict[str, Any] | None


class Problem(Exception):
    """Something that a reader can mend; `str` of it is one English sentence.

    Attributes:
        sentences: of a kind of error: key -> English sentence, with names in braces.
        key: which of them; empty for a sentence of the interface's own.
        values: what its braces are filled with.
    """

    sentences: ClassVar[Mapping[str, str]] = {}

    def __init__(self, sentence: str, key: str = "", values: Mapping[str, Any] | None = None):
        super().__init__(sentence)
        self.key = key
        self.values = dict(values or {})

    @classmethod
    def of(cls: type[P], key: str, **values: Said) -> P:
        """The error of a key, its sentence filled with values.

        Raises:
            KeyError: the kind of error has no such sentence, or a value is missing.
        """
        return cls(cls.sentences[key].format(**values), key, values)

    def with_values(self: P, **values: Said) -> P:
        """The same error, told by who knows some of its values better."""
        return self.of(self.key, **(self.values | values))
