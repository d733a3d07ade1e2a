"""Token labels, the same on every axis of every page: position, dot, text with visible spaces."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby, islice

from mla_core.models.config import ModelConfig
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.words.en import common as words

SIGNS = {" ": "␣", "\n": "⏎", "\t": "⇥"}
OURS = {*SIGNS.values(), "⟨", "⟩", "◌"}  # in a label they are signs
# print nothing, though Python calls them printable: joiners, fillers, variation selectors
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def about_model(config: ModelConfig) -> dict[str, str]:
    """Title and a line on a model, by its attention."""
    converted = config.model_type.startswith("mla_")
    return words.ABOUT["converted" if converted else config.attention]


def visible(text: str) -> str:
    """A text so that no two look alike.

    Spaces and line breaks are signs. Characters that print nothing, and our own signs, stand by
    their code; so does all but ASCII of a text with a shorter spelling: "é" of two characters is not
    the "é" of one.
    """
    composed = unicodedata.is_normalized("NFC", text)
    shown = "".join(_visible(character, composed) for character in text)
    # an accent needs something to stand on
    return f"◌{shown}" if shown and unicodedata.category(shown[0]).startswith("M") else shown


def _visible(character: str, composed: bool) -> str:
    if character in SIGNS:
        return SIGNS[character]
    plain = character.isprintable() and character not in OURS and not BLANK.match(character)
    if plain and (composed or character.isascii()):
        return character
    return f"⟨U+{ord(character):04X}⟩"


def names_in_text(token_ids: Sequence[int], tokenizer: Tokenizer, config: ModelConfig) -> list[str]:
    """Each token of a text as shown, with the space that a tokenizer may put before a text.

    One that holds a part of a character says of which, and which of its bytes: `国·1–2/3`. Bytes
    that are no part of any stand as they are: `⟨0xE5⟩`.
    """
    held = [tokenizer.token_bytes(token_id) for token_id in token_ids]
    characters = b"".join(held).decode("utf-8", "surrogateescape")
    owners = iter(
        (i, character, byte)
        for i, character in enumerate(characters)
        for byte in range(len(_utf8(character)))
    )
    shown = []
    for token_id, own in zip(token_ids, held, strict=True):
        told = _told(list(islice(owners, len(own))), byte_token=tokenizer.is_byte(token_id))
        # its number tells a token from another one of the same text, or from those without any
        number = f"⟨{token_id}⟩" if not own or tokenizer.has_twin(token_id) else ""
        ends = token_id == config.bos_token_id
        shown.append(words.END_OF_TEXT if ends else told + number)
    return shown


def _utf8(character: str) -> bytes:
    return character.encode("utf-8", "surrogateescape")


def _told(held: list[tuple[int, str, int]], *, byte_token: bool) -> str:
    """What a token holds, in bytes: each is (which character of the text, itself, which byte)."""
    parts: list[str] = []
    run = ""  # of whole characters
    for (_, character), group in groupby(held, key=lambda byte: byte[:2]):
        own = [byte for *_, byte in group]
        encoded = _utf8(character)
        stray = "\udc80" <= character <= "\udcff"
        if len(own) == len(encoded) and not stray and not byte_token:
            run += character
            continue
        if run:
            parts.append(visible(run))
            run = ""
        if len(own) == len(encoded):
            parts.append(f"⟨0x{encoded[0]:02X}⟩")  # stray, or SentencePiece's byte
        else:
            which = "–".join(str(byte + 1) for byte in dict.fromkeys((own[0], own[-1])))
            parts.append(f"{visible(character)}·{which}/{len(encoded)}")
    if run:
        parts.append(visible(run))
    return " ".join(parts)


def token_name(token_id: int, tokenizer: Tokenizer, config: ModelConfig) -> str:
    """A token by itself, as shown beside its probability; no two of a vocabulary share one."""
    return names_in_text([token_id], tokenizer, config)[0]


def token_texts(trace: Trace, tokenizer: Tokenizer) -> list[str]:
    """Each token as shown on a chip; the token between texts by what it does there."""
    shown = names_in_text(trace.token_ids, tokenizer, trace.config)
    if trace.has_bos:
        shown[0] = words.START
    return shown


def token_labels(trace: Trace, tokenizer: Tokenizer) -> list[str]:
    """`3·␣flag`: unique, so that no axis folds two equal words into one."""
    return [f"{i}·{text}" for i, text in enumerate(token_texts(trace, tokenizer))]


def percent(p: float) -> str:
    """A share as the components print it too: see shared.js."""
    return f"{100 * p:.{0 if 0.0995 <= p < 0.995 else 1}f} %"
