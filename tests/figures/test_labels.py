"""Labels of tokens: no two different ones look alike, and what they show is the text."""

import dataclasses
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mla_core.models.families import read_config
from mla_core.models.locate import locate
from tests.core.tokenizer_kinds import ALL, opened
from ui.show.labels import names_in_text, token_name, visible

CONFIG = read_config(locate("mini-mla"))
NO_START = dataclasses.replace(CONFIG, bos_token_id=None)
PART = re.compile(r"(.+)·(\d)(?:–(\d))?/(\d)")


def shown(kind: str, text: str) -> list[str]:
    tokenizer = opened(kind)
    return names_in_text(tokenizer.encode(text), tokenizer, NO_START)


@pytest.mark.parametrize("kind", ALL)
def test_no_two_tokens_of_a_vocabulary_share_a_label(kind):
    tokenizer = opened(kind)
    names = [token_name(i, tokenizer, CONFIG) for i in range(tokenizer.vocab_size + 3)]
    assert len(set(names)) == len(names)
    assert all(name and name.isprintable() for name in names)


@settings(deadline=None)
@given(st.text(max_size=5), st.text(max_size=5))
@example("e\u0301", "é")
@example("⏎", "\n")
@example("␣", " ")
@example("⟨U+200D⟩", "\u200d")
@example("\u0301", "◌\u0301")
@example("❤", "❤\ufe0f")
@example("\u3164", "")
def test_two_texts_never_look_alike(one, other):
    assert (visible(one) == visible(other)) == (one == other)
    assert visible(one).isprintable()


def test_a_part_of_a_character_says_which_and_of_what():
    assert shown("llama-2", "a 国")[-3:] == ["国·1/3", "国·2/3", "国·3/3"]
    assert shown("llama-2", "é")[-2:] == ["é·1/2", "é·2/2"]
    assert shown("embedded", "e\u0301")[-2:] == ["◌\u0301·1/2", "◌\u0301·2/2"]
    assert shown("llama-2", "\n") == ["␣", "⟨0x0A⟩"]  # a byte, which "\n" itself is not


def test_bytes_that_are_no_character_stand_as_bytes():
    tokenizer = opened("embedded")
    first, second = tokenizer.encode("国")[:2]
    assert names_in_text([first, second, first], tokenizer, CONFIG) == [
        "⟨0xE5⟩", "⟨0x9B⟩", "⟨0xE5⟩",
    ]  # fmt: skip
    assert token_name(second, tokenizer, CONFIG) == "⟨0x9B⟩"


@pytest.mark.parametrize("kind", ALL)
@settings(max_examples=100, deadline=None)
@given(text=st.text("ab 中国😀é\u0301\u200d", min_size=1, max_size=20))
def test_labels_hold_every_byte_of_the_text_once_and_in_order(kind, text):
    """Read back from the labels themselves: whole characters, and parts by their bytes."""
    tokenizer = opened(kind)
    ids = tokenizer.encode(text)
    held = b""
    for token_id, name in zip(ids, names_in_text(ids, tokenizer, NO_START), strict=True):
        read = b"".join(map(bytes_of, name.removesuffix(f"⟨{token_id}⟩").split(" ")))
        assert read == tokenizer.token_bytes(token_id)
        held += read
    assert held.decode() in (text, f" {text}")  # the space that the tokenizer puts before it


def bytes_of(part: str) -> bytes:
    found = PART.fullmatch(part)
    if found is None:
        return text_of(part).encode()
    character, first, last, count = found.groups()
    encoded = text_of(character).encode()
    assert len(encoded) == int(count)
    return encoded[int(first) - 1 : int(last or first)]


def text_of(label: str) -> str:
    plain = label.replace("␣", " ").removeprefix("◌")
    return re.sub(r"⟨U\+(\w+)⟩", lambda code: chr(int(code[1], 16)), plain)


def test_an_added_token_is_told_from_the_ordinary_one_of_the_same_text():
    tokenizer = opened("byte-level")
    added, ordinary = (tokenizer._tokenizer.token_to_id(entry) for entry in ("国", "åĽ½"))
    assert tokenizer.token_bytes(added) == tokenizer.token_bytes(ordinary) == "国".encode()
    assert token_name(ordinary, tokenizer, CONFIG) == "国"
    assert token_name(added, tokenizer, CONFIG) == f"国⟨{added}⟩"
