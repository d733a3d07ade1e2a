"""The recipe at toy size, the data's rules, and what the shipped models are."""

import json
import lzma
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from mla_core import load_model
from mla_core.models.locate import ASSETS, EMBEDDED
from mla_core.training import corpus, data, evaluate, everyday
from mla_core.training.loop import train
from mla_core.training.recipe import CONFIGS, FURTHER, Recipe
from mla_core.training.repeat import repeat
from mla_core.training.runs import read_runs
from tests.core import formats


@pytest.fixture
def short_rows(monkeypatch):
    """Rows of 96 tokens on two cores; on a GPU the step is compiled, and the compiler cannot see
    through the tests' type checks."""
    monkeypatch.setattr("mla_core.training.loop.default_device", lambda: torch.device("cpu"))
    monkeypatch.setattr("mla_core.training.loop.CONTEXT", 96)


@pytest.mark.usefixtures("short_rows")
def test_a_few_steps_lower_the_loss_and_save_a_model_that_opens(tmp_path):
    texts = everyday.everyday_texts(200)
    tokenizer = data.train_tokenizer(texts)
    ids, starts = data.encode(texts, tokenizer)
    lines: list[str] = []
    recipe = Recipe(steps=8, rows=2, warmup=2)
    train("mini-mla", tmp_path, tokenizer, ids, starts, recipe, log=lines.append)
    model = load_model(tmp_path, device="cpu")
    loss = evaluate.bits_per_byte(model, texts[:20])["nats_per_token"]
    assert loss < np.log(tokenizer.get_vocab_size()) - 0.5
    assert "step 8/8" in lines[-1]


@pytest.mark.usefixtures("short_rows")
def test_runs_from_several_seeds_are_scored_and_never_made_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("mla_core.training.data.HELD_OUT", 20)
    monkeypatch.setattr("mla_core.training.repeat.Recipe", lambda: Recipe(rows=2, warmup=1))
    data.write_corpus(everyday.everyday_texts(200), tmp_path / "part.00.xz")
    out, kept = tmp_path / "runs.jsonl", tmp_path / "kept"
    tokenizer = ASSETS / "models" / "mini-mha" / "tokenizer.json"

    def run(seeds):
        repeat(["mini-mla-16"], seeds, 2, corpus=tmp_path, tokenizer=tokenizer, out=out, keep=kept)

    run([0, 1])
    first = read_runs(out)
    run([0, 1, 2])
    runs = read_runs(out)
    assert runs[:2] == first and [r["seed"] for r in runs] == [0, 1, 2]
    assert len({r["nats_per_token"] for r in runs}) == 3  # a seed is another run
    model = load_model(kept / "mini-mla-16")
    assert runs[0]["cached_values"] == model.config.cached_values == 8 * 32
    assert runs[0]["parameters"] == sum(p.numel() for p in model.parameters())
    scored = evaluate.bits_per_byte(model, everyday.everyday_texts(200)[-20:])
    assert runs[0]["nats_per_token"] == pytest.approx(scored["nats_per_token"], abs=1e-4)
    assert read_runs(tmp_path / "none.jsonl") == []


def test_further_models_differ_in_nothing_but_attention_and_width():
    for name, config in FURTHER.items():
        base = CONFIGS["mini-mla" if "mla" in name else "mini-gqa"]
        changed = {key for key in config if config[key] != base.get(key)}
        assert changed <= {"num_key_value_heads", "kv_lora_rank", "intermediate_size"}, name


def test_every_model_sees_the_same_rows_in_the_same_order():
    starts = np.arange(0, 5000, 50)
    one, other = (
        list(data.batches(starts, 5000, rows=4, width=100, steps=60, seed=0)) for _ in range(2)
    )
    assert np.array_equal(one, other)
    drawn = np.concatenate(one)
    assert (drawn + 101 <= 5000).all()
    assert len(set(drawn[:98])) == 98  # each text once before any comes twice


def test_a_corpus_of_exactly_one_row_is_that_row_in_every_batch():
    """Batches larger than the corpus included."""
    drawn = list(data.batches(np.array([0]), 101, rows=3, width=100, steps=2, seed=0))
    assert [batch.tolist() for batch in drawn] == [[0, 0, 0]] * 2
    five = np.arange(0, 50, 10)
    (batch,) = data.batches(five, 61, rows=12, width=10, steps=1, seed=0)
    assert sorted(batch[:10].tolist()) == sorted([*five, *five])


@pytest.mark.parametrize(("starts", "total"), [([0], 100), ([0, 40], 60), ([], 0), ([0], 0)])
def test_a_corpus_shorter_than_a_row_gets_a_sentence(starts, total):
    with pytest.raises(ValueError, match=rf"has {total} tokens; one row .* takes 101: give more"):
        data.batches(np.array(starts, dtype=int), total, rows=1, width=100, steps=1, seed=0)


def test_training_on_a_corpus_shorter_than_a_row_gets_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("mla_core.training.loop.default_device", lambda: torch.device("cpu"))
    tokenizer = data.train_tokenizer(["a cat"])
    ids, starts = data.encode(["a cat"], tokenizer)
    with pytest.raises(ValueError, match="give more text"):
        train("mini-mla", tmp_path, tokenizer, ids, starts, Recipe(steps=3, rows=2, warmup=1))
    with pytest.raises(ValueError, match="holds no text"):
        data.encode([], tokenizer)


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_a_loss_on_no_text_gets_a_sentence(texts):
    with pytest.raises(ValueError, match="no text to measure a loss on"):
        evaluate.bits_per_byte(load_model("mini-mqa", device="cpu"), texts)


def test_a_loss_on_texts_shorter_than_a_row_leaves_out_empty_ones():
    model = load_model("mini-mqa", device="cpu")
    one = evaluate.bits_per_byte(model, ["a"])
    assert one["tokens"] == 1 and evaluate.bits_per_byte(model, ["", "a"]) == one


@pytest.mark.parametrize("steps", [0, 100, 200])
def test_a_run_that_ends_within_its_warm_up_gets_a_sentence(steps):
    with pytest.raises(ValueError, match="take more steps"):
        Recipe(steps=steps)


@pytest.mark.parametrize(
    ("module", "arguments", "said"),
    [
        ("training", ["--help"], "corpus"),
        ("bench", ["--help"], "compression"),
        ("training", ["train", "--corpus", "none", "--out", "x"], "none holds no *.xz"),
        ("training", ["train", "--corpus", "{full}", "--out", "x", "--steps", "9"], "more steps"),
        ("training", ["train", "--corpus", "{full}", "--out", "x", "--tokenizer", "none"], "none"),
        ("training", ["evaluate", "mini-mqa", "--corpus", "{empty}"], "no text to measure"),
        ("training", ["heal", "nothing", "--rank", "3", "--corpus", "{full}"], "neither a directory"),
        ("bench", ["compression", "--out", "x", "--models", "nothing"], "neither a directory"),
        ("bench", ["growth"], "needs --out"),
        ("bench", ["trace", "--repeats", "0"], "at least 1"),
    ],
)  # fmt: skip
def test_the_command_lines_answer_in_a_sentence(
    module, arguments, said, tmp_path, monkeypatch, capsys
):
    import importlib

    for name, texts in (("full", ["Once upon a time."] * 3), ("empty", [])):
        (tmp_path / name).mkdir()
        data.write_corpus(texts, tmp_path / name / "part.00.xz")
    places = {name: str(tmp_path / name) for name in ("full", "empty")}
    command = importlib.import_module(f"mla_core.{module}.__main__")
    monkeypatch.setattr(data, "EVERYDAY", 5)
    monkeypatch.setattr("sys.argv", ["x", *(word.format(**places) for word in arguments)])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        command.main()
    printed = capsys.readouterr()
    helped = "--help" in arguments
    assert ended.value.code == (0 if helped else 2)
    assert said in (printed.out if helped else printed.err.splitlines()[-1])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("The American flag is red, white, and blue.", True),
        ("The American flag is red, white, and black.", False),
        ("The flag of Egypt is red, white, and black.", True),
        ("He ran to the old house. " * 4, False),
        ("He ran to the old house. " * 3, True),
    ],
)
def test_cleaning(text, clean):
    assert data.is_clean(text) is clean


def test_held_out_texts_stay_out_and_as_they_are():
    texts = [f"text {i}. " + "Again and again it came. " * (i % 5) for i in range(6000)]
    kept, held_out = data.split(texts)
    assert held_out == texts[-5000:] and not set(held_out) & set(kept)


def test_a_corpus_file_survives(tmp_path):
    texts = ["one\ntwo", "“three” 😀"]
    data.write_corpus(texts, tmp_path / "part.00.xz")
    assert data.read_corpus(tmp_path) == texts
    with pytest.raises(ValueError, match="holds no"):
        data.read_corpus(tmp_path / "none")


def test_sampling_fills_the_rest_of_a_finished_text(save_checkpoint, monkeypatch):
    monkeypatch.setattr(corpus, "NEW_TOKENS", 40)
    directory, _ = save_checkpoint(formats.llama())
    model = load_model(directory, device="cpu")
    torch.manual_seed(0)
    stops = list(range(40))
    rows = corpus.sample(model, torch.randint(40, 300, (6, 5)), stops)
    assert rows.shape == (6, 32)  # all ended early, so sampling did
    for row in rows.tolist():
        end = next(i for i, token in enumerate(row) if token in stops)
        assert set(row[end:]) <= {stops[0]}


def test_corpus_prompts_are_filled_and_varied():
    source = corpus.prompts(["cat", "dog", "tree", "house"], random.Random(0))
    drawn = [next(source) for _ in range(200)]
    assert len({prompt for prompt, _ in drawn}) > 80
    assert not any("{" in prompt for prompt, _ in drawn)
    assert {bool(opening) for _, opening in drawn} == {True, False}


def test_everyday_sentences_are_true_to_their_tables():
    texts = "\n".join(everyday.everyday_texts(2000))
    assert "The American flag is red, white, and blue." in texts
    assert "Two plus two is four." in texts and "Two plus two is five." not in texts


def shipped_texts() -> list[str]:
    with lzma.open(ASSETS / "text" / "held_out.xz", "rt") as lines:
        return data.json.loads("[" + ",".join(lines) + "]")


def test_shipped_models_keep_their_promises():
    """Sizes, and the model card's order of losses on a part of the held-out texts."""
    sizes = [(ASSETS / "models" / name / "model.safetensors").stat().st_size for name in EMBEDDED]
    assert max(sizes) <= 16 * 2**20 and sum(sizes) <= 90 * 2**20
    assert set(EMBEDDED) == set(CONFIGS)
    texts = shipped_texts()[:10]
    bits = {
        name: evaluate.bits_per_byte(load_model(name, device="cpu"), texts)["bits_per_byte"]
        for name in EMBEDDED
    }
    assert all(value < 0.80 for value in bits.values()), bits
    assert bits["mini-mla"] < bits["mini-mha"] + 0.01
    assert bits["mini-mla"] < bits["mini-mqa"]


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mla"])
def test_the_flag_is_blue_and_everyday_choices_are_sensible(name):
    model = load_model(name, device="cpu")
    word, probability = evaluate.next_tokens(model, evaluate.FLAG)[0]
    assert word == " blue" and probability >= 0.5
    verdicts = [sensible for _, sensible in evaluate.everyday(model).values()]
    assert len(verdicts) == 20 and sum(verdicts) >= 17


def test_bits_per_byte_is_the_mean_over_bytes():
    """Against a text-by-text computation with transformers' own loss."""
    from transformers import AutoModelForCausalLM

    model = load_model("mini-mqa", device="cpu")
    hf = AutoModelForCausalLM.from_pretrained(Path("assets/models/mini-mqa"), dtype=torch.float32)
    texts = ["The cat sat on the mat.", "Café 😀!", "Once upon a time, in a land far away."]
    nats = 0.0
    for text in texts:
        ids = torch.tensor([[0, *model.tokenizer.encode(text)]])
        with torch.inference_mode():
            nats += hf(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
    expected = nats / np.log(2) / sum(len(text.encode()) for text in texts)
    assert evaluate.bits_per_byte(model, texts)["bits_per_byte"] == pytest.approx(
        expected, rel=1e-5
    )


def test_healing_trains_only_the_factors_and_lowers_the_divergence(monkeypatch):
    from mla_core import convert_to_mla, load_model
    from mla_core.training import heal as healing

    monkeypatch.setattr(healing, "ROWS", 8)
    monkeypatch.setattr(healing, "WIDTH", 48)
    original = load_model("mini-gpt2", device="cpu")
    converted = convert_to_mla(original, 24)
    before = {name: x.clone() for name, x in converted.state_dict().items()}
    ids = torch.tensor([[0, *original.tokenizer.encode("Once upon a time there was a cat.")]])

    def divergence() -> float:
        with torch.inference_mode():
            taught, said = (model(ids).log_softmax(-1) for model in (original, converted))
        return (taught.exp() * (taught - said)).sum().item()

    first = divergence()
    healing.balance(converted)
    assert divergence() == pytest.approx(first, rel=1e-3)  # balancing changes nothing
    texts = ["Once upon a time there was a cat. " * 3, "The sun is warm and the sky is blue. " * 3]
    steps = healing.heal(original, converted, texts * 10, seconds=2, log=lambda _: None)
    assert steps >= 1 and divergence() < first
    for name, x in converted.state_dict().items():
        factor = ".kv_a_proj." in name or ".kv_b_proj." in name
        assert torch.equal(x, before[name]) != factor, name
    assert not any(parameter.requires_grad for parameter in converted.parameters())


@pytest.mark.parametrize(
    ("seconds", "texts", "said"), [(0, ["a"], "must be positive"), (1, ["a cat"], "one row")]
)
def test_healing_refuses_what_cannot_work(seconds, texts, said):
    from mla_core import convert_to_mla, load_model
    from mla_core.training.heal import heal

    original = load_model("mini-gpt2", device="cpu")
    with pytest.raises(ValueError, match=said):
        heal(original, convert_to_mla(original, 8), texts, seconds=seconds)


def test_heal_reports_the_loss_before_and_after(tmp_path, capsys, monkeypatch):
    from mla_core.training import __main__ as command

    texts = ["Once upon a time there was a cat. " * 40] * 6000
    data.write_corpus(texts, tmp_path / "part.00.xz")
    monkeypatch.setattr(command.evaluate, "nats_held_out", lambda model, count=0: 2.0)
    monkeypatch.setattr("mla_core.training.heal.ROWS", 4)  # two cores, not a GPU
    monkeypatch.setattr(
        "sys.argv",
        ["x", "heal", "mini-gpt2", "--rank", "16", "--corpus", str(tmp_path), "--seconds", "1",
         "--out", str(tmp_path / "healed")],
    )  # fmt: skip
    command.main()
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["cached_values"] == 8 * 16 and result["steps"] >= 1
    assert {"nats_original", "nats_converted", "nats_healed", "increase_after"} <= set(result)
    from mla_core import load_model

    assert load_model(tmp_path / "healed").config.ranks == (16,) * 8


def test_the_compression_bench_writes_what_the_page_reads(tmp_path, monkeypatch):
    from mla_core.bench import compression

    monkeypatch.setattr(compression, "TEXTS", 1)
    monkeypatch.setattr(compression, "RANKS", (16, 256, 300))
    monkeypatch.setattr(compression, "EMBEDDED", ("mini-gpt2", "mini-mla"))
    compression.bench_compression(tmp_path / "found.json", ["mini-gpt2"], None)
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found["points"]) == 2 * 8 and set(found["models"]) == {"mini-gpt2", "mini-mla"}
    full = [p["nats"] for p in found["points"] if p["rank"] == 256 and p["method"] != "split"]
    assert full == pytest.approx([found["models"]["mini-gpt2"]["nats"]] * len(full), abs=1e-4)
