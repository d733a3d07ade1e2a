"""Tokens as text: what is typed comes back, piece by piece, from each kind of tokenizer."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import decoders

from mla_core import Decoder, load_model, trace
from mla_core.models.config import CheckpointError
from mla_core.models.tokenizer import Tokenizer
from tests.core import formats
from tests.core.tokenizer_kinds import ALL, FIRST_SPACE_IS_LOST, KINDS, byte_level, opened

typed = st.text(
    st.one_of(
        st.sampled_from(" \n\tthe flag<sep>国é😀"),
        st.characters(exclude_categories=["Cs"], exclude_characters="▁"),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("kind", ALL)
@settings(max_examples=120, deadline=None)
@given(text=typed)
@example("the cat and the flag")
@example("  two spaces, two   more ")
@example("中国的国旗 😀🏳️‍🌈 e\u0301 été")
@example("a<sep> b<sep>c<s>")
def test_what_is_typed_comes_back(kind, text):
    tokenizer = opened(kind)
    if kind in FIRST_SPACE_IS_LOST:
        text = text.lstrip(" ")
    ids = tokenizer.encode(text)
    pieces = tokenizer.pieces(ids)
    assert len(pieces) == len(ids)
    assert "".join(pieces) == tokenizer.decode(ids) == text


@pytest.mark.parametrize("kind", ALL)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_bytes_of_any_tokens_are_those_of_their_text(kind, data):
    """Of tokens that a model may choose, which need not be what a text would be made of."""
    tokenizer = opened(kind)
    token = st.integers(0, tokenizer.vocab_size - 1)
    drawn = data.draw(st.lists(token, min_size=1, max_size=12))
    ids = [token_id for token_id in drawn if not tokenizer.is_added(token_id)]
    held = b"".join(map(tokenizer.token_bytes, ids))
    if tokenizer.spelling.prefix != "never":
        held = held.removeprefix(b" ")
    assert tokenizer.decode(ids) == held.decode(errors="replace")


@pytest.mark.parametrize("kind", ALL)
@settings(max_examples=50, deadline=None)
@given(text=typed.filter(lambda text: not set(text) & set("<国")))
def test_texts_are_those_of_the_tokenizers_own_decoder(kind, text):
    """Where it is right: a whole text without added tokens."""
    tokenizer = opened(kind)
    ids = tokenizer.encode(text)
    theirs = tokenizer._tokenizer.decode(ids, skip_special_tokens=False)
    assert tokenizer.decode(ids) == theirs


@pytest.mark.parametrize("kind", ALL)
def test_spaces_are_kept_and_tell_tokens_apart(kind):
    tokenizer = opened(kind)
    first, second, *_ = filter(None, tokenizer.pieces(tokenizer.encode("x x")))
    assert first == "x" and second.startswith(" ")


@pytest.mark.parametrize("decoder", [None, decoders.WordPiece(), decoders.BPEDecoder()])
def test_a_tokenizer_of_another_kind_gets_one_sentence(decoder, tmp_path):
    made = byte_level()
    made.decoder = decoder
    made.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(CheckpointError, match="its decoder is") as caught:
        Tokenizer.from_directory(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["llama-2", "mistral", "byte-level"])
def test_traces_and_steps_of_each_kind_join_to_the_text(kind, save_checkpoint):
    directory, _ = save_checkpoint(formats.llama(vocab_size=520, bos_token_id=1))
    KINDS[kind]().save(str(directory / "tokenizer.json"))
    model = load_model(directory, device="cpu")
    prompt = "The flag of 中国 is e\u0301 😀"
    seen = trace(model, prompt, record=[])
    assert seen.text == "".join(seen.tokens[1:]) == prompt
    decoder = Decoder(model)
    decoder.prefill(prompt)
    steps = [decoder.step(temperature=4.0, seed=3).token for _ in range(24)]
    whole = model.tokenizer.decode(decoder.token_ids[1:])
    assert whole.removeprefix(prompt + "".join(steps)).strip("\ufffd") == ""


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla"])
def test_generated_characters_of_several_tokens_are_whole(name):
    model = load_model(name, device="cpu")
    text = "中国 😀"
    ids = [0, *model.tokenizer.encode(text)]
    decoder = Decoder(model)
    decoder.prefill_ids(ids[:2])
    read = []
    for token_id in ids[2:]:  # as if the model had chosen them
        assert decoder.logits is not None
        decoder.logits = decoder.logits.index_fill(0, torch.tensor([token_id]), 1e4)
        read.append(decoder.step())
    assert [step.token_id for step in read] == ids[2:]
    assert "".join(step.token for step in read) == text
    assert {step.token for step in read} > {"", "中", "国"}
