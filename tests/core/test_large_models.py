"""What the pages ask of a large model: the same jobs, the same truths; and texts as a chat."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from mla_core import Engine, Request
from mla_core.experiments.absorption import Absorb
from mla_core.experiments.cache_grows import Grow
from mla_core.experiments.every_head import Ablate
from mla_core.experiments.inside_one_head import Dissect
from mla_core.experiments.position import SHIFTS, Entangle, Move
from mla_core.models.chat import ChatTokenizer, has_template
from mla_core.models.config import CheckpointError
from tests.large import SIZES, make

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason="compared in float32; on a GPU large models are bfloat16"
)
TEXT = "The American flag is red, white, and"
NAMES = {"youtu": "youtu-llm-2b", "minicpm3": "minicpm3-4b"}


@pytest.fixture(params=NAMES)
def opened(request, tmp_path, monkeypatch):
    """(an engine, the name of a large model that it finds, the model's directory)."""
    name = NAMES[request.param]
    monkeypatch.setenv(f"MLA_EXPLORER_{name.upper().replace('-', '_')}", str(tmp_path))
    return Engine(), name, make(tmp_path, request.param)


def test_a_head_taken_apart_is_the_head_that_ran(opened):
    """And what the layer adds is what transformers' own next norm gets, MiniCPM3's factor included."""
    engine, name, directory = opened
    found = engine.run(Dissect(name, TEXT, 2, 1))
    assert found.difference < 1e-5
    theirs = AutoModelForCausalLM.from_pretrained(directory)
    seen = []
    layer = theirs.model.layers[2]
    layer.post_attention_layernorm.register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    with torch.inference_mode():
        theirs(torch.tensor([found.trace.token_ids]))
    after = found.matrices["residual_after"].values
    assert np.allclose(after, seen[0][0].numpy(), atol=1e-4)


def test_every_job_of_the_pages_runs(opened):
    engine, name, _ = opened
    layers, heads = SIZES["num_hidden_layers"], SIZES["num_attention_heads"]
    trace = engine.run(Request(name, TEXT, 3))
    n = len(trace.tokens)
    assert trace.pattern.shape == (layers, heads, n, n) and trace.has_bos
    assert engine.run(Ablate(name, TEXT)).change.shape == (layers, heads)
    paths = engine.run(Absorb(name, TEXT, 2, 1))
    assert 0 < paths.differences["logit_difference"] < 1e-4
    grown = engine.run(Grow(name, TEXT, 3))
    values = layers * (SIZES["kv_lora_rank"] + SIZES["qk_rope_head_dim"])
    assert grown.trace.cache_nbytes[-1] == 4 * values * len(grown.trace.tokens)
    entangled = engine.run(Entangle(name, TEXT, 2, 1))
    assert np.allclose(entangled.scores, entangled.absorbed_each)


def test_moving_a_text_changes_nothing_but_taking_positions_away_does(opened, monkeypatch):
    engine, name, _ = opened
    moved = engine.run(Move(name, TEXT))
    assert moved.shifts == tuple(s for s in SHIFTS if s <= 256 - len(moved.trace.tokens))
    assert np.abs(moved.scores - moved.scores[0]).max() < 1e-3  # RoPE sees distances only
    assert np.abs(moved.scores_off - moved.scores[0]).max() > 0.01
    monkeypatch.setattr("mla_core.experiments.position.compute.SCORES_BYTES", 1)
    assert len(engine.run(Move(name, TEXT + " blue")).shifts) == 3


def test_a_chat_is_what_transformers_makes_of_it(opened):
    engine, name, directory = opened
    text = "Is <|endoftext|> a token?"
    trace = engine.run(Request(f"{name}+chat", text))
    wanted = AutoTokenizer.from_pretrained(directory).apply_chat_template(
        [{"role": "user", "content": text}], add_generation_prompt=True, return_dict=False
    )
    assert list(trace.token_ids) == wanted and not trace.has_bos
    assert engine._pool.model(f"{name}+chat").body is engine._pool.model(name).body
    assert list(engine.run(Request(name, text)).token_ids) != wanted


@pytest.mark.parametrize(
    ("template", "told"), [(None, "has no chat template"), ("{{ nothing.here }}", "cannot be used")]
)
def test_a_template_that_is_not_there_or_does_not_work(tmp_path, template, told):
    directory = make(tmp_path, chat=False)
    assert not has_template(directory)
    if template:
        (directory / "chat_template.jinja").write_text(template)
        assert has_template(directory)
    with pytest.raises(CheckpointError, match=told):
        ChatTokenizer.from_directory(directory)


def test_one_large_model_lies_in_memory_at_a_time(tmp_path, monkeypatch):
    engine = Engine()
    for kind, name in NAMES.items():
        (tmp_path / kind).mkdir()
        make(tmp_path / kind, kind)
        variable = f"MLA_EXPLORER_{name.upper().replace('-', '_')}"
        monkeypatch.setenv(variable, str(tmp_path / kind))
    first, second = NAMES.values()
    engine.run(Request(f"{first}+chat", TEXT))
    engine.run(Request("mini-mla", TEXT))
    assert engine.is_open(first) and engine.is_open(f"{first}+chat")
    engine.run(Request(second, TEXT))
    assert engine.is_open(second) and engine.is_open("mini-mla")
    assert not engine.is_open(first) and not engine.is_open(f"{first}+chat")
