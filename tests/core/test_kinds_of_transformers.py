"""Our reading of every kind against the cache that transformers itself fills for a tiny random model.

`python -m pytest -s -k prints tests/core/test_kinds_of_transformers.py` prints the table.
"""

import dataclasses
import functools

import pytest
import torch
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
)

from mla_core.arithmetic.architectures import STORAGES
from mla_core.arithmetic.architectures.compared_kinds import COMPARED
from mla_core.arithmetic.architectures.hugging_face import ConfigError, from_config
from tests.core.tiny_kinds import built, kept_bytes, tiny

pytestmark = pytest.mark.xdist_group("kinds")  # what came of each is computed once
ADDITIONS = (5, 30, 1)  # within the windows, beyond them, and one decode step
NAMES = sorted({*MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, *MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES})
# the kinds that transformers' two lists have and we refuse though they write text, each with its reason
STATES = "a layer keeps a state or a convolution's inputs, not compared here"
NOT_RUN = "transformers does not run it tiny on words alone"
REFUSED = {
    "bailing_hybrid": STATES, "bamba": STATES, "falcon_h1": STATES, "falcon_mamba": STATES,
    "granitemoehybrid": STATES, "inkling2_text": STATES, "inkling_text": STATES, "jamba": STATES,
    "lfm2_moe": STATES, "lfm3": STATES, "mamba": STATES, "mamba2": STATES, "minimax": STATES,
    "nemotron_h": STATES, "olmo_hybrid": STATES, "qwen4_exp_text": STATES, "zaya": STATES,
    "recurrent_gemma": STATES, "rwkv": STATES, "xlstm": STATES, "zamba": STATES, "zamba2": STATES,
    "blt": "three models of bytes in one", "dots3_note_text": "latents with a window",
    "glm5_next_text": "its tiny model needs an index of other sizes",
    "unlimited_ocr_text": "windows beside tokens that always stay",
    "openai-gpt": "its code keeps no cache", "granite4_vision_text": "its text part fills no cache",
    "cohere_compass_text": NOT_RUN, "cpmant": NOT_RUN, "dbrx": NOT_RUN, "hunyuan_vl_text": NOT_RUN,
    "diffusion_gemma_text": NOT_RUN, "ernie4_5_vl_moe_text": NOT_RUN, "idefics": NOT_RUN,
    "musicgen_decoder": "it writes sound", "musicgen_melody_decoder": "it writes sound",
    "moshi": "it writes sound beside text", "pi0": "it moves a robot",
    "blip_text_model": "it reads pictures through cross-attention",
    "evolla": "it reads proteins through cross-attention", "git": "it reads pictures as a prefix",
    "gemma4_assistant": "a draft model that reads another's cache",
    "pix2struct_text_model": NOT_RUN, "t5gemma2_decoder": NOT_RUN,
    "trocr": "it reads pictures through cross-attention",
}  # fmt: skip


@functools.cache
def text_kinds() -> dict[str, dict]:
    """Kind of the part that writes -> a tiny configuration; of wrappers, what they wrap by default."""
    found: dict[str, dict] = {}
    for name in NAMES:
        fields = tiny(name)
        found.setdefault(fields["model_type"], fields)
    return found


def defaults_of(kind: str) -> dict:
    return {one.name: one.default for one in dataclasses.fields(CONFIG_MAPPING[kind])}


def variants(kind: str, fields: dict):
    """The file as it is; then with, and without, what a class lets a file leave out or does not have."""
    yield fields
    if "kv_lora_rank" in fields:
        return
    if defaults_of(kind).get("head_dim") is None:
        yield fields | {"head_dim": 16}
        yield {name: value for name, value in fields.items() if name != "head_dim"}
    if "num_key_value_heads" not in fields:
        yield fields | {"num_key_value_heads": 2}
    if "sliding_window" not in fields:
        yield fields | {"sliding_window": 8}


@functools.cache
def outcome(kind: str) -> str:
    """equal, refused, or how the two differ."""
    fields = text_kinds()[kind]
    compared = 0
    for variant in variants(kind, fields):
        try:
            ours = from_config(variant).architecture
        except ConfigError as error:
            assert len(str(error)) <= 300
            if compared == 0:
                return "refused"
            continue
        try:
            found = kept_bytes(built(variant), ADDITIONS)
        except (RuntimeError, TypeError, ValueError):
            if compared == 0:
                raise
            continue  # transformers cannot run such a file either
        read = {tokens: ours.cache(STORAGES["float32"]).value(t=tokens) for tokens in found}
        if read != found:
            return f"{variant}: we read {read}, transformers keeps {found}"
        compared += 1
    return "equal"


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # these models are too small for more
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("kind", sorted(COMPARED))
def test_a_counted_kind_keeps_what_we_read(kind):
    assert outcome(kind) == "equal"


def test_every_other_kind_is_refused_with_a_sentence_and_a_reason_here():
    others = text_kinds().keys() - COMPARED
    assert {kind: outcome(kind) for kind in others} == dict.fromkeys(others, "refused")
    encoders = {kind for kind in others if kind not in REFUSED}
    for kind in encoders:
        with pytest.raises(ConfigError, match=r"encoder and a decoder|looks both ways"):
            from_config(text_kinds()[kind])
    assert REFUSED.keys() <= others


def test_prints_the_table(capsys):
    kinds = text_kinds()
    equal = [kind for kind in kinds if outcome(kind) == "equal"]
    refused = [kind for kind in kinds if outcome(kind) == "refused"]
    assert len(equal) + len(refused) == len(kinds)
    assert set(equal) == COMPARED & kinds.keys()
    with capsys.disabled():
        print(
            f"\n{len(NAMES)} names, {len(kinds)} kinds of text models: {len(equal)} equal, "
            f"{len(refused)} refused, of which {len(REFUSED)} write something:"
        )
        for reason in dict.fromkeys(REFUSED.values()):
            print(f"  {reason}: {', '.join(kind for kind in REFUSED if REFUSED[kind] == reason)}")
