"""A cache as a file: taken up again it goes on as before; anything else is refused in a sentence."""

import json
from contextlib import suppress

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from mla_core import Decoder, load_model
from mla_core.attention.cache import STORAGES
from mla_core.engine import Engine
from mla_core.experiments.cache_grows import Grow, Keep, Resume
from mla_core.inference.cache_file import (
    CacheFileError,
    header,
    read_cache,
    write_cache,
)
from mla_core.models.locate import EMBEDDED

FLAG = "The American flag is red, white, and"


@pytest.fixture(scope="module")
def file() -> bytes:
    decoder = Decoder(load_model("mini-mla", device="cpu"))
    decoder.prefill(FLAG)
    return write_cache(decoder)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("name", EMBEDDED)
def test_it_goes_on_where_it_stood(name, storage):
    model = load_model(name, device="cpu")
    one = Decoder(model, storage=STORAGES[storage])
    one.prefill(FLAG)
    other = read_cache(model, write_cache(one))
    assert other.cache.nbytes == one.cache.nbytes and other.token_ids == one.token_ids
    for _ in range(5):
        a, b = one.step(), other.step()
        assert a.token_id == b.token_id and (a.probabilities == b.probabilities).all()
        assert a.bytes_read == b.bytes_read


def test_what_was_forgotten_stays_so():
    model = load_model("mini-mla", device="cpu")
    one = Decoder(model)
    one.prefill(FLAG)
    one.cache.forget(3)
    other = read_cache(model, write_cache(one))
    assert other.cache.position == 10 and other.cache.length == 7
    assert (one.step().probabilities == other.step().probabilities).all()


def test_the_jobs_of_the_page():
    engine = Engine()
    grow = Grow("mini-gpt2", FLAG, 4, storage="bf16")
    kept = engine.run(Keep(grow, 12))
    assert kept.tokens == 12 and header(kept.data)["model"] == "mini-gpt2"
    back = engine.run(Resume("mini-gpt2", kept.data))
    assert back.tokens == 12 and back.cache_nbytes == 12 * 4096 * 2
    whole = engine.run(Grow("mini-gpt2", FLAG, 12, storage="bf16")).trace.text
    assert (back.text + back.continued).startswith(whole)
    assert 0 < back.difference < 1  # stored in bfloat16, computed again in float32
    exact = engine.run(Keep(Grow("mini-gpt2", FLAG, 4), 12))
    assert engine.run(Resume("mini-gpt2", exact.data)).difference < 1e-4


def test_another_models_cache_is_refused(file):
    with pytest.raises(CacheFileError, match="cache of mini-mla, not of mini-gpt2"):
        read_cache(load_model("mini-gpt2", device="cpu"), file)


def changed(file: bytes, **about: str) -> bytes:
    return save(load(file), header(file) | about)


def broken(file: bytes) -> dict[str, bytes]:
    tensors = load(file)
    few = {name: x for name, x in tensors.items() if name != "3.c_kv"}
    short = tensors | {"3.c_kv": tensors["3.c_kv"][:, :4].contiguous()}
    mixed = tensors | {"3.c_kv": tensors["3.c_kv"].half()}
    whole = {n: x if n == "logits" else x.to(torch.int8) for n, x in tensors.items()}
    ids = json.loads(header(file)["token_ids"])
    return {
        "cut": file[: len(file) // 2],
        "a layer missing": save(few, header(file)),
        "a layer too short": save(short, header(file)),
        "two types": save(mixed, header(file)),
        "whole numbers": save(whole, header(file)),
        "unknown words": changed(file, token_ids=json.dumps([*ids[:-1], 10**6])),
        "no numbers": changed(file, token_ids='["a"]'),
        "not a list": changed(file, token_ids="7"),
        "all forgotten": changed(file, forgotten="10"),
        "less than nothing forgotten": changed(file, forgotten="-1"),
        "forgotten is no number": changed(file, forgotten="many"),
    }


def test_a_damaged_one_is_refused(file):
    model = load_model("mini-mla", device="cpu")
    for data in broken(file).values():
        with pytest.raises(CacheFileError, match="damaged"):
            read_cache(model, data)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_anything_else_is_no_cache(data):
    with pytest.raises(CacheFileError, match="no saved cache"):
        header(data)


@given(at=st.integers(0, 400), value=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_a_flipped_byte_in_the_header_is_a_sentence_or_harmless(file, at, value):
    model = load_model("mini-mla", device="cpu")
    flipped = file[:at] + bytes([value]) + file[at + 1 :]
    with suppress(CacheFileError):
        read_cache(model, flipped).step()
