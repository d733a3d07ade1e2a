"""The pages "At DeepSeek's scale" and "Claims, checked" through AppTest: every number that they show."""

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mla_core.arithmetic.architectures import PUBLISHED, STORAGES
from mla_core.arithmetic.claims import CLAIMS, rebuild
from mla_core.arithmetic.formula import Formula, number
from mla_core.experiments.deepseeks_scale import HEADS, LAYERS, TOKENS, Assemble
from tests.pages.driving import open_page, path, spy_on
from ui import catalogue
from ui.claims.card import VERDICTS
from ui.components import exports
from ui.components import gpu_memory as memory
from ui.components import pattern_wall as crowd
from ui.components.gpu_memory import HEIGHT, MOST_BLOCKS, WIDTH, Frame, blocks
from ui.deepseeks_scale import parts as scale_parts
from ui.deepseeks_scale import view as scale
from ui.jobs.recordings import recorded
from ui.words.en import claims as claim_words
from ui.words.en import deepseeks_scale as scale_words


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """What the pages hand to their components, newest last."""
    return spy_on(monkeypatch, exports, memory, crowd)


def handed(seen: list[dict], key: str) -> dict:
    """What a component got last."""
    return next(data for data in reversed(seen) if data["_key"] == key)


def text_of(app: AppTest) -> str:
    return "\n".join(part.value for part in app.markdown)


def in_order(pattern: str, app: AppTest) -> list[str]:
    return re.findall(pattern, text_of(app))


@pytest.mark.parametrize("part", catalogue.SCALE_PARTS)
def test_every_part_draws(part, seen):
    app = open_page("deepseeks_scale", part=part)
    assert not app.exception and not app.error
    assert seen


PECULIAR = (
    "DeepSeek-V4-Flash", "GLM-4.7-Flash", "GLM-5", "Kimi Linear", "PaLM 540B", "GPT-2 small",
    "Gemma 3 27B", "Mistral Large 4", "r1_as_mha",
)  # fmt: skip


def test_models_of_every_kind_can_be_looked_at():
    """Those without a size, without a context, with windows, states, compressed entries, ..."""
    app = open_page("deepseeks_scale")
    for name in PECULIAR:
        app.selectbox(key="scale-second").set_value(name).run()
        for part in ("memory", "growth", "speed"):
            app.segmented_control(key="scale-part").set_value(part).run()
            assert not app.exception and not app.error, (part, name)
            assert scale.models()[name].name in text_of(app)


def test_what_fits_is_counted_and_said(seen):
    app = open_page("deepseeks_scale", part="memory")
    assert "**198** sequences of 32,768 tokens" in text_of(app) and "**3** for" in text_of(app)
    rows = handed(seen, "gpu_memory")["frames"][0]["csv"].splitlines()
    assert rows[1] == "DeepSeek-V3 / R1,1128000000000.0,671000000000.0,2302672896,198"
    alone = open_page("deepseeks_scale", part="memory", gpus="1")
    assert "take more GPUs" in text_of(alone) and not alone.exception


def test_the_arithmetic_is_what_it_says():
    """Each formula under a picture, read back from the screen, gives the number beside it."""
    for part in ("memory", "growth", "speed", "ratios"):
        for second in (
            "DeepSeek-V4-Flash",
            "Gemma 3 27B",
            "DeepSeek-V3.2-Exp",
            "Kimi Linear",
        ):
            app = open_page("deepseeks_scale", part=part, second=second)
            lines = in_order(r"`([^`]+)`", app)
            assert lines
            for line in lines:
                *_, formula, result = line.split(" = ")
                shown = result.split(" ")[0]
                if formula.isidentifier():
                    continue
                # ÷ stands for / and for // alike; sizes here divide evenly
                typed = re.sub(r"(?<=\d),(?=\d{3})", "", formula)
                typed = typed.replace("·", "*").replace("−", "-")
                for divide in ("/", "//"):
                    value = Formula(typed.replace("÷", divide)).value()
                    if number(value) == shown:
                        break
                else:
                    raise AssertionError(line)


def test_six_times_is_where_the_curve_crosses(seen):
    app = open_page("deepseeks_scale", part="speed")
    at = int(in_order(r"six times as fast at \*\*([\d,]+)\*\*", app)[0].replace(",", ""))
    rows = [line.split(",") for line in handed(seen, "times-exports")["csv"].splitlines()[1:]]
    x, y = np.array([[float(a), float(b)] for name, a, b in rows if name == "whole"]).T
    assert np.interp(at, x, y) == pytest.approx(6, abs=0.01)
    slow = open_page("deepseeks_scale", part="speed", second="DeepSeek-V2-Lite")
    assert "at no length" in text_of(slow)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, 198, 3_001])
@pytest.mark.parametrize("weights", [0.0, 0.3, 0.595])
def test_blocks_are_true_to_area_and_lie_inside(count, weights):
    cache = (1 - weights) / count
    drawn = blocks(Frame("m", "#000", 1.0, weights, cache, count))
    places = drawn.places()
    assert len(set(places)) == count and drawn.left == pytest.approx(WIDTH * weights)
    assert drawn.width * drawn.height == pytest.approx(WIDTH * HEIGHT * cache)
    for x, y in places:
        assert x >= drawn.left - 1e-6 and x + drawn.width <= WIDTH + 1e-6
        assert y >= -1e-6 and y + drawn.height <= HEIGHT + 1e-6


def test_too_many_blocks_are_one_of_the_same_area():
    count = MOST_BLOCKS + 1
    drawn = blocks(Frame("m", "#000", 1.0, 0.2, 0.5 / count, count))
    assert drawn.count == 1
    assert drawn.width * drawn.height == pytest.approx(WIDTH * HEIGHT * 0.5)
    assert blocks(Frame("m", "#000", 1.0, 2.0, 0.5, -1)).left == WIDTH
    assert blocks(Frame("m", "#000", 1.0, None, 2.0, 0)) == blocks(
        Frame("m", "#000", 1.0, 0.0, 2.0, 0)
    )


def test_ratios_are_those_of_their_baselines():
    values = {name: value for name, (_, value) in scale_parts.ratio_values().items()}
    ratios = {name: round(value / values["mla"], 2) for name, value in values.items()}
    assert ratios["mha"] == 56.89 and ratios["rebuilt"] == 71.11 and ratios["gqa"] == 3.56
    assert ratios["trained"] == 24.89 and values["mha"] / values["mistake"] == 64


def test_the_wall_is_7808_different_patterns_of_running_models(seen):
    open_page("deepseeks_scale", part="heads")
    data = handed(seen, "pattern_wall")
    assert (data["rows"], data["columns"]) == (61, 128)
    wall = recorded(Assemble())
    assert len({tuple(tile) for tile in wall.index.tolist()}) == LAYERS * HEADS == len(wall.packed)
    rows, _ = np.tril_indices(TOKENS)
    sums = np.zeros((len(wall.packed), TOKENS))
    np.add.at(sums.T, rows, wall.packed.T)
    assert np.abs(sums - 255).max() <= TOKENS / 2  # rounding, and nothing else
    assert (np.diff(wall.index[:, 2].astype(int)) >= 0).all()  # deeper layers lie lower


def test_the_wall_is_what_the_models_compute():
    from mla_core import load_model
    from mla_core.inference.tracing import trace_ids

    wall = recorded(Assemble())
    lower = np.tril_indices(TOKENS)
    for tile in (0, 3_333, 7_807):
        model_, text, layer, head = wall.index[tile]
        model = load_model(wall.models[model_])
        tokens = wall.texts[text]
        ids = [model.config.bos_token_id, *model.tokenizer.encode("".join(tokens[1:]))]
        seen = trace_ids(model, ids, has_bos=True, record=("pattern",))
        exact = 255 * seen.pattern[layer, head][lower]
        assert np.abs(exact - wall.packed[tile]).max() <= 0.51


PASTED = {
    "model_type": "llama", "num_hidden_layers": 40, "num_attention_heads": 40,
    "num_key_value_heads": 10, "head_dim": 128, "hidden_size": 5120,
    "max_position_embeddings": 131072, "vocab_size": 1000,
}  # fmt: skip


def paste(app: AppTest, text: str) -> AppTest:
    app.text_area(key="own_config_box").set_value(text)
    return app.button(key="own_read").click().run()


def test_a_pasted_config_is_read_listed_and_kept():
    app = paste(open_page("deepseeks_scale"), json.dumps(PASTED))
    assert not app.error and "40 layers, 204,800 B a token" in text_of(app)
    app.selectbox(key="scale-second").set_value(catalogue.OWN).run()
    assert scale_words.YOURS in text_of(app) and not app.exception
    app.number_input(key="own_parameters").set_value(13.0).run()
    assert app.session_state["own_architecture"].parameters == 13e9
    app.switch_page(path("claims")).run()
    app.switch_page(path("deepseeks_scale")).run()
    assert app.text_area(key="own_config_box").value == json.dumps(PASTED)


@pytest.mark.parametrize(
    "text, told",
    [
        ("not json", "not JSON"),
        ("", "not JSON"),
        (json.dumps(PASTED | {"num_hidden_layers": 0}), "num_hidden_layers is 0"),
        (json.dumps(PASTED | {"num_attention_heads": 10**12}), "num_attention_heads"),
        (json.dumps(PASTED | {"head_dim": "wide"}), "head_dim"),
        (json.dumps({"model_type": "a-new-kind"}), "num_hidden_layers is missing"),
    ],
)
def test_a_bad_config_gets_a_sentence_and_stays(text, told):
    app = paste(open_page("deepseeks_scale"), text)
    assert told in app.error[0].value and not app.exception
    assert app.text_area(key="own_config_box").value == text


@pytest.mark.parametrize(
    "query",
    [
        {"part": "nothing", "first": "<script>", "second": "x", "context": "-5", "batch": "1e99"},
        {"gpu": "abacus", "gpus": "0", "bandwidth": "nan", "tflops": "inf", "part": "speed"},
        {"context": "1048576", "second": "GPT-2 small", "numbers": "6 bits", "part": "growth"},
        {"context": "33333", "batch": "1024", "gpus": "128", "part": "speed"},
    ],
)
def test_strange_links_fall_back(query):
    app = open_page("deepseeks_scale", **query)
    assert not app.exception and not app.error


SHOWN = {
    "57x": 56.89, "93.3%": 93.34, "6x": 5.76, "400gb": 399.77, "576": 56.89, "smallest": 2.25,
    "memory": 95.52, "mqa": 16_777_216, "swapped": 256, "compute": 3.4, "70kb": 70_272, "v4": 8.02,
}  # fmt: skip


@pytest.mark.parametrize("key", CLAIMS)
def test_each_claim_shows_its_number_rebuilt(key, seen):
    app = open_page("claims", claim=key)
    assert not app.exception and not app.error
    found = rebuild(CLAIMS[key], {})
    *_, (formula, result) = found.values()
    assert round(result, 2) == SHOWN[key]
    assert formula.filled() in text_of(app) and formula.filled() in app.subheader[1].value
    card = claim_words.CARDS[key]
    assert claim_words.VERDICTS[VERDICTS[key]] in app.subheader[0].value and card[
        "sources"
    ] in text_of(app)
    assert set(card["steps"]) == set(found)
    assert handed(seen, "rebuilt-exports")["csv"].count("\n") == len(found) + 1


def test_claims_on_the_way():
    steps = {name: value for name, (_, value) in rebuild(CLAIMS["93.3%"], {}).items()}
    assert steps["deepseek_v2"] == 25_920 and steps["deepseek_67b"] == 389_120
    assert steps["video_mha"] == 491_520 and steps["video_mla"] == 34_560
    assert round(steps["video_saved"], 2) == 92.97 and round(steps["same_precision"], 1) == 82.2
    compute = {name: value for name, (_, value) in rebuild(CLAIMS["compute"], {}).items()}
    assert compute["rebuilt"] == 40_960 and compute["absorbed"] == 139_264
    gigabytes = {name: value for name, (_, value) in rebuild(CLAIMS["400gb"], {}).items()}
    assert round(gigabytes["with_mla"], 2) == 7.03
    bf16 = STORAGES["bfloat16"]
    assert rebuild(CLAIMS["70kb"], {})["qwen"][1] == PUBLISHED["Qwen2.5 72B"].row(bf16).value()


def test_inputs_can_be_changed_and_set_back():
    app = open_page("claims", claim="57x")
    app.number_input(key="input-57x-heads").set_value(64).run()
    assert "28.4444" in text_of(app) and app.info
    app.number_input(key="input-57x-kv_lora_rank").set_value(0).run()
    app.number_input(key="input-57x-qk_rope_head_dim").set_value(0).run()
    assert "has no value" in app.error[0].value and not app.exception
    app.button(key="claim-back").click().run()
    assert "56.8889" in text_of(app) and not app.error


def test_the_claims_cover_what_the_chapter_promises():
    assert set(CLAIMS) == set(claim_words.CARDS) == set(VERDICTS)
    assert set(VERDICTS.values()) == set(claim_words.VERDICTS) == set(claim_words.MARKS)
