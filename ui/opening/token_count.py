"""Counting tokens without a model: what a text costs, and whether it can run."""

import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mla_core.models.chat import ChatTokenizer, plain
from mla_core.models.config import CheckpointError
from mla_core.models.locate import EMBEDDED, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from ui import catalogue
from ui.state.parameters import MAX_CHARACTERS, MAX_TOKENS, View
from ui.words.en import common as words

WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Counted:
    """What a text costs.

    Attributes:
        note: a sentence about it.
        fits: whether it can run.
        cut: of one that is too long, the first words that can, and their tokens.
    """

    note: str
    fits: bool
    cut: tuple[str, int] | None = None


@lru_cache(maxsize=8)
def _open_chat(directory: Path) -> Tokenizer:
    return ChatTokenizer.from_directory(directory)


def tokenizer(view: View | None = None) -> Tokenizer | None:
    """That of a view's models (they share one), or of the embedded ones; None if it cannot be read."""
    models: tuple[str, ...] = EMBEDDED
    if view is not None and view.alone:
        models = (view.alone,)
    elif view is not None and view.pair in catalogue.ORIGINALS:
        models = (catalogue.ORIGINALS[view.pair],)
    for model in models:
        with suppress(CheckpointError):
            opened = open_tokenizer if plain(model) == model else _open_chat
            return opened(locate(plain(model)))
    return None


def count_tokens(text: str, view: View | None = None) -> Counted:
    """Counts for a view's models, or the embedded ones."""
    if not text.strip():
        return Counted(words.EMPTY, False)
    counter = tokenizer(view)
    if counter is None:
        return Counted("", True)
    limit = MAX_TOKENS if view is None else view.max_tokens
    read = text[:MAX_CHARACTERS]
    count = tokens_of(read, counter)
    if count <= limit and read == text:
        return Counted(words.COUNT.format(count=count, limit=limit), True)
    told = count if read == text else words.MORE_THAN.format(count=count)
    note = words.TOO_LONG.format(count=told, limit=limit)
    return Counted(note, False, first_words(read, counter, limit))


def tokens_of(text: str, counter: Tokenizer) -> int:
    return len(counter.encode(text)) + 1  # the start token is run too


def first_words(text: str, counter: Tokenizer, limit: int) -> tuple[str, int] | None:
    """The longest beginning within a limit, and its tokens; whole words unless the first is longer."""
    ends = [word.end() for word in WORD.finditer(text)]
    if not ends or tokens_of(text[: ends[0]], counter) > limit:
        ends = list(range(1, len(text)))
    fitting = bisect_right(ends, limit, key=lambda end: tokens_of(text[:end], counter))
    # a longer beginning may have fewer tokens: then one that does not fit can lie below
    for end in reversed(ends[:fitting]):
        count = tokens_of(text[:end], counter)
        if count <= limit and text[:end].strip():
            return text[:end], count
    return None
