"""How many matrix products a step takes: what the recorded benchmark says, counted once more."""

import json

import pytest

from mla_core import load_model
from mla_core.bench.growth import MODELS, products_of_step
from mla_core.models.locate import ASSETS

LAYERS = 8
# by the equations: q, k, v, o, scores, sum; MLA absorbed: q, down, o, W_UK on q, content, rope
# scores, sum, W_UV; and the MLP, GPT-2's of two matrices, SwiGLU's of three
PER_LAYER = {"mini-gpt2": 1 + 1 + 2 + 2, "mini-mla": 8 + 3}  # GPT-2 has q, k and v in one


@pytest.mark.parametrize("name", MODELS)
def test_the_recorded_count_is_the_models_and_the_equations(name):
    recorded = json.loads((ASSETS / "bench" / "growth.json").read_text(encoding="utf-8"))
    model = load_model(name, device="cpu")
    expected = LAYERS * PER_LAYER[name] + 1  # and the scores of the vocabulary
    assert recorded[name]["products"] == products_of_step(model) == expected
    assert products_of_step(model, held=40) == expected  # however long the text
