"""What the entries of a vocabulary stand for: the bytes of each, by the kind of the tokenizer.

`tokenizers` decodes a whole list of ids at once, with rules that do not hold for a single token: it
drops the space in front of the first word, and bytes that are no whole character become U+FFFD.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from tokenizers import Tokenizer as HFTokenizer

Prefix = Literal["never", "first", "always"]
_BYTE = re.compile("<0x([0-9A-F]{2})>")


def _byte_letters() -> dict[str, int]:
    """Letter -> byte: how GPT-2 writes each byte as one printable letter (`bytes_to_unicode`)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + i): byte for i, byte in enumerate(others)
    }


KNOWN = {"ByteLevel", "Metaspace", "Replace", "ByteFallback", "Fuse", "Strip"}  # decoders
KNOWN = {"ByteLevel", "Metaspace", "Replace", "ByteFallback", "Fuse", "Strip"}  # decoders
BYTES = _byte_letters()
LETTERS = {byte: letter for letter, byte in BYTES.items()}


@dataclass(frozen=True)
class Spelling:
    """How a vocabulary writes text.

    Attributes:
        byte_level: a letter for each byte, as in GPT-2.
        space: the sign for a space, as SentencePiece's U+2581; "" where a space is one.
        byte_fallback: `<0xE4>` is a byte.
        prefix: where a space is put before the text: nowhere, at its beginning, or also after
            each added token.
    """

    byte_level: bool
    space: str
    byte_fallback: bool
    prefix: Prefix

    @classmethod
    def of(cls, tokenizer: HFTokenizer) -> "Spelling":
        """That of a tokenizer.

        Raises:
            ValueError: it is of another kind.
        """
        decoders = _steps(tokenizer.decoder, "decoders")
        kinds = {step["type"] for step in decoders}
        if not kinds or kinds - KNOWN:
            found = ", ".join(sorted(kinds - KNOWN)) or "null"
            raise ValueError(
                f"its decoder is {found}; read here are byte-level and SentencePiece tokenizers"
            )
        before = [
            *_steps(tokenizer.normalizer, "normalizers"),
            *_steps(tokenizer.pre_tokenizer, "pretokenizers"),
        ]
        return cls(
            byte_level=any(step["type"] == "ByteLevel" for step in decoders),
            space=next(filter(None, map(_space_sign, decoders)), ""),
            byte_fallback=any(step["type"] == "ByteFallback" for step in decoders),
            prefix=next((p for p in map(_prefix, before) if p != "never"), "never"),
        )

    def to_bytes(self, entry: str) -> bytes:
        """What an entry of the vocabulary stands for; an added token stands for itself."""
        if self.byte_level:
            if all(letter in BYTES for letter in entry):
                return bytes(BYTES[letter] for letter in entry)
            return entry.encode()
        if self.is_byte(entry):
            return bytes([int(entry[3:5], 16)])
        return (entry.replace(self.space, " ") if self.space else entry).encode()

    def is_byte(self, entry: str) -> bool:
        """Whether an entry is SentencePiece's for one byte."""
        return self.byte_fallback and _BYTE.fullmatch(entry) is not None

    def from_bytes(self, held: bytes) -> str | None:
        """The entry that stands for such bytes where the vocabulary has them as ordinary text."""
        if self.byte_level:
            return "".join(LETTERS[byte] for byte in held)
        try:
            text = held.decode()
        except UnicodeDecodeError:
            return None
        return text.replace(" ", self.space) if self.space else text


def _steps(part: Any, inner: str) -> list[dict[str, Any]]:
    """The steps of a part of a tokenizer, sequences of them laid out flat."""
    if part is None:
        return []
    waiting, steps = [json.loads(part.__getstate__())], []
    while waiting:
        step = waiting.pop(0)
        if step["type"] == "Sequence":
            waiting = [*step[inner], *waiting]
        else:
            steps.append(step)
    return steps


def _space_sign(step: dict[str, Any]) -> str:
    if step["type"] == "Metaspace":
        return str(step["replacement"])
    if step["type"] == "Replace" and step["content"] == " ":
        return str(step["pattern"].get("String", ""))
    return ""


def _prefix(step: dict[str, Any]) -> Prefix:
    if step["type"] == "Metaspace":
        scheme: Prefix = step["prepend_scheme"]
        return scheme
    always = step["type"] == "Prepend" or (step["type"] == "ByteLevel" and step["add_prefix_space"])
    return "always" if always else "never"
