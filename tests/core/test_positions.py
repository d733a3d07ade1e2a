"""A text at other positions, against transformers; and RoPE on the whole key."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from mla_core.engine import Engine
from mla_core.experiments.position import Entangle, Entangled, Move, Moved
from mla_core.models.locate import locate
from ui.catalogue import PROMPTS

FLAG = PROMPTS["flag"]
SEEN = np.tril(np.ones((10, 10), dtype=bool))


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.fixture(scope="module")
def moved(engine):
    return {name: engine.run(Move(name, FLAG)) for name in ("mini-mla", "mini-gpt2")}


def test_rotated_scores_depend_on_distance_alone(moved):
    found = moved["mini-mla"]
    apart = np.abs(found.scores - found.scores[0])[..., SEEN]
    assert found.shifts[-1] == 400 and apart.max() < 2e-4
    assert np.abs(found.next - found.next[0]).max() < 1e-5


def test_learned_positions_do_not(moved):
    found = moved["mini-gpt2"]
    assert np.abs(found.scores[1] - found.scores[0])[..., SEEN].max() > 5
    assert np.abs(found.next[-1] - found.next[0]).max() > 0.3


@pytest.mark.parametrize("name", ["mini-mla", "mini-gpt2"])
@pytest.mark.parametrize("at", [0, 3, 8])
def test_moved_models_equal_transformers_at_those_positions(moved, name, at):
    found = moved[name]
    shift = found.shifts[at]
    model = AutoModelForCausalLM.from_pretrained(locate(name), dtype=torch.float32).eval()
    ids = torch.tensor([found.trace.token_ids])
    where = torch.arange(shift, shift + ids.shape[1])[None]
    with torch.inference_mode():
        expected = model(ids, position_ids=where).logits[0, -1].softmax(-1)
    assert np.abs(expected[found.next_ids].numpy() - found.next[at]).max() < 1e-4


def test_without_positions_the_order_is_hardly_known(engine, moved):
    for found in moved.values():
        assert np.abs(found.scores_off - found.scores[0])[..., SEEN].max() > 5
        assert found.next_ids[found.next_off.argmax()] in found.next_ids
    off = moved["mini-mla"]
    anatomy = engine._pool.model("mini-mla")
    ids = torch.tensor([off.trace.token_ids])
    from mla_core.attention.recorder import Recorder

    recorder = Recorder(["residual"])
    with torch.inference_mode():
        anatomy(ids, record=recorder)
        norm, attention = anatomy.sublayer(0)
        inner = Recorder(["scores"])
        nowhere = (torch.ones(10, 8), torch.zeros(10, 8))
        attention(norm(recorder.layers["residual"][0]), nowhere, record=inner)
    assert np.allclose(off.scores_off[0], inner.layers["scores"][0][0].numpy(), atol=1e-4)


def test_the_two_parts_add_up(moved):
    trace = moved["mini-mla"].trace
    total = trace.content_scores + trace.rope_scores
    assert np.abs(total - moved["mini-mla"].scores[0]).max() < 1e-5
    assert "rope_scores" not in moved["mini-gpt2"].trace.arrays


def test_a_long_text_moves_as_far_as_there_is_room(engine):
    found = engine.run(Move("mini-mla", "one two three four five " * 25))
    room = 512 - len(found.trace.tokens)
    assert found.shifts[-1] <= room < 400
    assert np.abs(found.scores[-1] - found.scores[0]).max() < 1e-2


@pytest.mark.parametrize("name", ["mini-mla", "mini-gpt2@64"])
def test_rope_on_the_whole_key_needs_a_query_for_every_distance(engine, name):
    found = engine.run(Entangle(name, FLAG, 1, 4))
    size = np.abs(found.scores).max()
    assert np.abs(found.absorbed_each - found.scores).max() < 1e-5 * size
    assert np.abs(found.absorbed_one - found.scores).max() > 0.05 * size
    assert found.absorbed_one[-1] == pytest.approx(found.scores[-1], abs=1e-5 * size)  # distance 0
    first = np.linalg.norm(found.queries[0])
    apart = [np.linalg.norm(query - found.queries[0]) / first for query in found.queries]
    assert apart[0] == 0 and min(apart[1:]) > 0.01 and apart[-1] > 0.3
    # only a rotation stands between: the query keeps its length before W_UK, not after
    assert len(set(np.round(np.linalg.norm(found.queries, axis=1), 3))) > 1


def test_saving_keeps_everything(engine, moved, tmp_path):
    found = moved["mini-mla"]
    found.save(tmp_path / "m.npz")
    again = Moved.load(tmp_path / "m.npz")
    assert again.shifts == found.shifts and np.array_equal(again.scores, found.scores)
    assert np.array_equal(again.next, found.next)
    assert np.array_equal(again.trace.k_rope, found.trace.k_rope)
    entangled = engine.run(Entangle("mini-mla", FLAG, 1, 4))
    entangled.save(tmp_path / "e.npz")
    assert np.array_equal(Entangled.load(tmp_path / "e.npz").queries, entangled.queries)
