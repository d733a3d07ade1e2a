"""A family that nobody has: one module, this one, and one line of registration, and all else follows.

"tiny" has GPT-2's attention, learned positions, and no MLPs: enough that every place that asks a
family something is met.
"""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mla_core import Decoder, convert_to_mla, load_model, save_model, trace
from mla_core.engine import Engine
from mla_core.experiments.position import Move
from mla_core.inference.cache_file import read_cache, write_cache
from mla_core.models import families
from mla_core.models.config import ModelConfig, positive_int
from mla_core.models.gpt2 import build_attention
from mla_core.models.language_model import LanguageModel
from mla_core.models.weights import save_weights
from tests.conftest import randomise

TEXT = "Once upon a time there was a cat."
TEXTS = [
    "The American flag is red, white, and blue. " * 8,
    "Once upon a time there was a cat. " * 9,
]


def parse(raw: dict[str, Any]) -> ModelConfig:
    d, heads = positive_int(raw, "width"), positive_int(raw, "heads")
    return ModelConfig(
        model_type="tiny", vocab_size=positive_int(raw, "words"), hidden_size=d,
        intermediate_size=1, num_hidden_layers=positive_int(raw, "layers"),
        num_attention_heads=heads, num_key_value_heads=heads, max_position_embeddings=128,
        head_dim=d // heads, norm_eps=1e-5, hidden_act="none", tie_word_embeddings=True,
        attention_bias=True, mlp_bias=False, bos_token_id=0,
    )  # fmt: skip


class Tiny(LanguageModel):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        layers = range(config.num_hidden_layers)
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)
        self.places = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.norms = nn.ModuleList(nn.LayerNorm(config.hidden_size) for _ in layers)
        self.heads = nn.ModuleList(build_attention(config, layer) for layer in layers)

    def forward(self, ids, *, cache=None, record=None, mode="naive"):
        start = 0 if cache is None else cache.position
        at = torch.arange(start, start + ids.shape[1], device=ids.device)
        x, position = self.words(ids), self.places(at)
        if record is not None:
            record.put(embedding=x, position=position[None])
        x = x + position
        for i, (norm, attention) in enumerate(zip(self.norms, self.heads, strict=True)):
            if record is not None:
                record.put(residual=x)
            layer_cache = None if cache is None else cache[i]
            x = x + attention(norm(x), mode=mode, cache=layer_cache, record=record)
        return x @ self.words.weight.T

    def attention_path(self, layer: int) -> str:
        return f"heads.{layer}"

    def input_norm(self, layer: int) -> nn.Module:
        return self.norms[layer]

    @property
    def token_embedding(self) -> nn.Parameter:
        return self.words.weight

    @property
    def position_tables(self) -> tuple[str, ...]:
        return ("places.weight",)

    def without_positions(self) -> dict[str, Tensor]:
        return {"places.weight": torch.zeros_like(self.places.weight)}


@pytest.fixture
def directory(tmp_path, tokenizer, monkeypatch):
    tiny = families.Family(("tiny", "mla_tiny"), f"{__name__}:parse", f"{__name__}:Tiny")
    monkeypatch.setattr(families, "FAMILIES", (*families.FAMILIES, tiny))
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path / "cache"))
    made = tmp_path / "tiny"
    made.mkdir()
    raw = {"model_type": "tiny", "width": 32, "heads": 4, "layers": 2, "words": 320}
    (made / "config.json").write_text(json.dumps(raw))
    tokenizer.save(str(made / "tokenizer.json"))
    model = Tiny(parse(raw))
    randomise(model)
    save_weights(model.state_dict(), made / "model.safetensors", torch.float32)
    return made


def test_it_opens_traces_and_generates(directory):
    model = load_model(directory, device="cpu")
    found = trace(model, TEXT)
    length = len(found.tokens)
    assert type(model) is Tiny and found.engine == "Tiny"
    assert found.pattern.shape == (2, 4, length, length) and found.config.attention == "MHA"
    decoder = Decoder(model)
    decoder.prefill(TEXT)
    again = read_cache(model, write_cache(decoder))
    assert [again.step().token_id for _ in range(5)] == [decoder.step().token_id for _ in range(5)]


def test_it_is_converted_saved_and_opened_again(directory, tmp_path):
    model = load_model(directory, device="cpu")
    ids = torch.tensor([[0, 5, 9, 40, 7]])
    whole = convert_to_mla(model, 32, "auto", TEXTS)
    with torch.inference_mode():
        assert (whole(ids) - model(ids)).abs().max() < 1e-4 * model(ids).abs().max()
        assert (whole(ids, mode="absorbed") - whole(ids)).abs().max() < 1e-3
    save_model(convert_to_mla(model, (3, 9), "loss-aware", TEXTS), tmp_path / "latent")
    again = load_model(tmp_path / "latent", device="cpu")
    assert again.config.model_type == "mla_tiny" and again.config.ranks == (3, 9)
    assert again.config.attention_with_sizes == "MLA (c 3 to 9)"


def test_its_text_is_moved_and_its_heads_are_taken_apart(directory):
    from mla_core.experiments.inside_one_head.compute import dissect

    engine = Engine()
    moved = engine.run(Move(str(directory), TEXT))
    model = load_model(directory, device="cpu")
    ids = torch.tensor([moved.trace.token_ids])
    rows = model.places.weight
    with torch.inference_mode():
        x = model.words(ids) + rows[3 : 3 + ids.shape[1]]
        for norm, attention in zip(model.norms, model.heads, strict=True):
            x = x + attention(norm(x))
        expected = (x @ model.words.weight.T)[0, -1].softmax(-1)
    at = moved.shifts.index(3)
    assert np.abs(expected.numpy()[moved.next_ids] - moved.next[at]).max() < 1e-5
    assert np.abs(moved.scores_off - moved.scores[0]).max() > 0.1
    anatomy = dissect(model, TEXT, 1, 2)
    assert anatomy.difference < 1e-5 and "position" in anatomy.matrices


def test_an_unknown_family_gets_a_sentence_that_lists_the_known_ones(directory):
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": "mla_tin"}))
    with pytest.raises(ValueError, match=r"'mla_tin' is not known here; known are gpt2, .*tiny$"):
        families.read_config(directory)


@pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.model_types[0])
def test_what_is_registered_is_there(family):
    assert issubclass(family.model_class, LanguageModel)
    assert callable(families._named(family.parser))


def test_reading_the_configurations_of_embedded_models_loads_no_torch():
    code = (
        "import sys\nfrom mla_core.models.families import read_config\n"
        "from mla_core.models.locate import EMBEDDED, locate\n"
        "assert all(read_config(locate(name)).attention for name in EMBEDDED)\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "attention"),
    [
        ("mini-gpt2", "MHA (k 32)"),
        ("mini-gqa", "GQA (g 2, k 32)"),
        ("mini-mqa", "MQA (g 1, k 32)"),
        ("mini-mla", "MLA (c 64, r 16)"),
    ],
)
def test_a_model_prints_as_one_line(name, attention):
    model = load_model(name, device="cpu")
    numbers = sum(parameter.numel() for parameter in model.parameters())
    told = f"{name}: 8 layers x 8 heads, {attention}, {numbers:,} parameters, float32 on cpu"
    assert repr(model) == f"<{type(model).__name__} {told}>"


def test_a_converted_model_prints_as_one_line_and_generates():
    """As the README's five lines have it."""
    small = convert_to_mla(load_model("mini-gpt2", device="cpu"), 64)
    assert "\n" not in repr(small) and "mini-gpt2@64: 8 layers x 8 heads, MLA (c 64)" in repr(small)
    decoder = Decoder(small)
    decoder.prefill("Once upon a time")
    assert decoder.step().token


def test_a_large_model_prints_as_one_line(tmp_path):
    from tests import large

    model = load_model(large.make(tmp_path / "youtu"), device="cpu")
    assert "\n" not in repr(model) and "MLA (c 32, r 8)" in repr(model)


def test_a_model_with_a_latent_is_not_asked_for_heads_of_its_own():
    model = load_model("mini-mla", device="cpu")
    with pytest.raises(ValueError, match="share their weights"):
        model.head_weights(0)
    with pytest.raises(ValueError, match="not converted"):
        model.attention(0).latent_projections()
    with pytest.raises(ValueError, match="has no absorbed path"):
        load_model("mini-mha", device="cpu").latent_attention(0)


def test_nobody_outside_the_models_asks_which_family_it_is():
    """No check of a class of ours, or of what config.json calls a model, outside `mla_core/models`."""
    import ast
    import inspect
    from pathlib import Path

    import mla_core
    from mla_core.attention import converted, latent
    from mla_core.models import gpt2, llama, transformers_model

    modules = (gpt2, llama, transformers_model, converted, latent)
    ours = {
        name for module in modules for name, _ in inspect.getmembers(module, inspect.isclass)
        if issubclass(getattr(module, name), nn.Module)
    }  # fmt: skip
    assert {"GPT2", "Llama", "TransformersModel", "RotatedLatentAttention", "Conv1D"} <= ours
    root = Path(mla_core.__path__[0])
    asked = []
    for path in [*root.rglob("*.py"), *(root.parent / "ui").rglob("*.py")]:
        if path.is_relative_to(root / "models"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                kinds = {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)}
                kinds |= {n.attr for n in ast.walk(node.args[1]) if isinstance(n, ast.Attribute)}
                if kinds & ours:
                    asked.append(f"{path.name}: {ast.unparse(node)}")
    assert not asked
