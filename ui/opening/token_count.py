"""Counting tokens without a model: what a text costs, and whether it can run."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from mla_core.models.chat import ChatTokenizer, plain
from mla_core.models.config import CheckpointError
from mla_core.models.locate import EMBEDDED, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from ui import catalogue
from ui.state.parameters import MAX_TOKENS, View
from ui.words.en import common as words

COUNTED_CHARACTERS = 20_000  # more than that is over the limit whatever it says


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


def count_tokens(text: str, view: View | None = None) -> tuple[str, bool]:
    """(a sentence about a text, whether it can run), for a view's models or the embedded ones."""
    if not text.strip():
        return words.EMPTY, False
    counter = tokenizer(view)
    if counter is None:
        return "", True
    limit = MAX_TOKENS if view is None else view.max_tokens
    count = len(counter.encode(text[:COUNTED_CHARACTERS])) + 1  # the start token is run too
    cut = len(text) > COUNTED_CHARACTERS
    fits = count <= limit and not cut
    form = words.COUNT if fits else words.TOO_LONG
    told = words.MORE_THAN.format(count=count) if cut else count
    return form.format(count=told, limit=limit), fits
