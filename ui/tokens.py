"""Counting tokens without a model: what a text costs, and whether it can run."""

from contextlib import suppress

from mla_core.models.config import CheckpointError
from mla_core.models.locate import EMBEDDED, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from ui import state, words

COUNTED_CHARACTERS = 20_000  # more than that is over the limit whatever it says


def tokenizer(pair: str = "mini") -> Tokenizer | None:
    """The embedded models' tokenizer (they share one) or that of a pair; None when none can be read."""
    for model in (words.ORIGINALS[pair],) if pair in words.ORIGINALS else EMBEDDED:
        with suppress(CheckpointError):
            return open_tokenizer(locate(model))
    return None


def judge(text: str, pair: str = "mini") -> tuple[str, bool]:
    """(a sentence about a text, whether it can run)."""
    if not text.strip():
        return words.EMPTY, False
    counter = tokenizer(pair)
    if counter is None:
        return "", True
    count = len(counter.encode(text[:COUNTED_CHARACTERS])) + 1  # the start token is run too
    cut = len(text) > COUNTED_CHARACTERS
    fits = count <= state.MAX_TOKENS and not cut
    form = words.COUNT if fits else words.TOO_LONG
    told = words.MORE_THAN.format(count=count) if cut else count
    return form.format(count=told, limit=state.MAX_TOKENS), fits
