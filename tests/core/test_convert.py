"""Conversions: exact where exactness is possible, best where the theory says so, refused clearly."""

import inspect
import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mla_core import Calibration, Decoder, convert_to_mla, load_model, save_model, trace
from mla_core.attention.rope import rotary_table, rotate
from mla_core.attention.rope_config import RopeConfig
from mla_core.convert import METHODS, allocate_ranks, calibration
from mla_core.convert.methods import joint_svd, whitened
from mla_core.convert.statistics import _query_moment, about
from mla_core.models.config import CheckpointError
from tests.core import formats

TEXT = "The American flag is red, white, and blue. Once upon a time there was a cat. "
TEXTS = [TEXT * 6, "a cat was red. " * 20, "Once there was a flag. " * 20]
FULL = [method for method in METHODS if method != "split"]  # one latent for both, at any rank
FORMATS = ("gpt2", "gpt2-untied-gelu", "llama-mha", "llama-gqa-bias", "llama-mqa")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def opened(save_checkpoint):
    def open_format(name: str):
        directory, _ = save_checkpoint(formats.GRID[name]())
        return load_model(directory, device="cpu")

    return open_format


def run(model, ids, **options):
    with torch.inference_mode():
        return model(ids, **options)


@pytest.mark.parametrize("name", FORMATS)
def test_rank_d_loses_nothing(name, opened):
    model = opened(name)
    ids = torch.tensor([[0, 5, 9, 40, 7, 7, 21]])
    expected = run(model, ids)
    known = Calibration(model, TEXTS)
    for method in [*FULL, "auto"]:
        converted = convert_to_mla(model, model.config.hidden_size, method, known)
        assert (run(converted, ids) - expected).abs().max() < 1e-5 * expected.abs().max()
        names = ["pattern"]
        pattern = model.record(ids, names)[1]["pattern"]
        assert (converted.record(ids, names)[1]["pattern"] - pattern).abs().max() < 1e-5


def test_split_needs_the_rank_of_both_halves(opened):
    """MQA with small heads: K and V have rank 10 each, so 20 numbers hold both."""
    model = opened("llama-mqa")
    ids = torch.tensor([[0, 5, 9, 40, 7]])
    converted = convert_to_mla(model, 20, "split", TEXTS)
    assert (run(converted, ids) - run(model, ids)).abs().max() < 1e-3


@pytest.mark.parametrize("rank", [1, 7, 48, (5, 48, 11)])
def test_a_converted_gpt2_runs_both_paths_with_and_without_cache(rank, opened):
    converted = convert_to_mla(opened("gpt2"), rank, "head-aware", TEXTS)
    ids = torch.tensor([[0, 5, 9, 40, 7, 3]])
    naive = run(converted, ids)
    assert (run(converted, ids, mode="absorbed") - naive).abs().max() < 1e-4
    for mode in ("naive", "absorbed"):
        cache = converted.new_cache()
        steps = [run(converted, ids[:, :2], cache=cache, mode=mode)]
        steps += [run(converted, ids[:, i : i + 1], cache=cache, mode=mode) for i in range(2, 6)]
        assert (torch.cat(steps, dim=1) - naive).abs().max() < 1e-4
        assert cache.nbytes == 6 * 4 * converted.config.cached_values


@pytest.mark.parametrize("name", ["llama-mha", "llama-gqa-bias", "llama-mqa"])
def test_a_converted_llama_runs_the_naive_path_and_says_so(name, opened):
    converted = convert_to_mla(opened(name), 9, "whitened", TEXTS)
    ids = torch.tensor([[0, 5, 9, 40, 7, 3]])
    cache, whole = converted.new_cache(), run(converted, ids)
    steps = [run(converted, ids[:, i : i + 1], cache=cache) for i in range(6)]
    assert (torch.cat(steps, dim=1) - whole).abs().max() < 1e-4
    assert cache.nbytes == 6 * 4 * 3 * 9
    with pytest.raises(ValueError, match="naive path only"):
        run(converted, ids, mode="absorbed")
    with pytest.raises(ValueError, match="mode must be 'naive'"):
        Decoder(converted, mode="absorbed")
    decoder = Decoder(converted)
    decoder.prefill("Once upon")
    assert decoder.mode == "naive" and decoder.step().token_id >= 0


@pytest.mark.parametrize("name", ["gpt2", "llama-gqa-bias"])
@pytest.mark.parametrize("rank", [12, (5, 17, 11)])
def test_it_saves_loads_traces_and_generates_like_any_other(name, rank, opened, tmp_path):
    converted = convert_to_mla(opened(name), rank, "auto", TEXTS)
    save_model(converted, tmp_path / "saved")
    again = load_model(tmp_path / "saved", device="cpu")
    assert again.config == converted.config
    ids = torch.tensor([[0, 5, 9]])
    assert torch.allclose(run(again, ids), run(converted, ids), atol=1e-5)
    recorded = trace(again, "The flag is red")
    widest = max(again.config.ranks)
    assert recorded.c_kv.shape == (3, len(recorded.tokens), widest)
    for layer, width in enumerate(again.config.ranks):
        nan = torch.from_numpy(recorded.c_kv[layer].copy()).isnan()
        assert not nan[:, :width].any() and nan[:, width:].all()
    assert not {"k_rope", "rope_scores"} & set(recorded.arrays)


def test_only_converted_models_are_saved(opened, tmp_path):
    with pytest.raises(ValueError, match="is not converted"):
        save_model(opened("gpt2"), tmp_path / "x")


@pytest.mark.parametrize("method", ["head-aware", "loss-aware"])
@pytest.mark.parametrize("name", ["gpt2", "llama-mha"])
def test_the_sink_stays_exact_at_any_rank(method, name, opened):
    """The first token sees only itself, so its logits show its own keys and values."""
    model = opened(name)
    known = Calibration(model, TEXTS)
    ids = torch.tensor([[0, 5, 9, 40]])
    expected = run(model, ids)
    exact = run(convert_to_mla(model, 2, method, known), ids)
    assert (exact - expected)[0, 0].abs().max() < 1e-4
    assert (exact - expected)[0, 1].abs().max() > 1e-2
    other = run(convert_to_mla(model, 2, "whitened", known), ids)
    assert (other - expected)[0, 0].abs().max() > 1e-2


def test_joint_svd_is_the_svd(opened):
    """Eckart and Young: the error is that of the truncated SVD of [W_K; W_V]."""
    known = Calibration(opened("gpt2"), TEXTS)
    w = known.weights(0)
    basis = joint_svd(w, known.statistics[0])
    u, s, vt = torch.linalg.svd(w.kv, full_matrices=False)
    for rank in (1, 10, 47):
        best = u[:, :rank] * s[:rank] @ vt[:rank]
        ours = w.kv @ basis.lift_k[:, :rank] @ basis.down[:rank]
        assert (ours - best).norm() < 1e-6 * best.norm()
        assert math.isclose(basis.energy[:rank].sum(), s[:rank].square().sum(), rel_tol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), rank=st.integers(1, 40), size=st.floats(0.01, 1.0))
def test_whitening_is_the_best_linear_latent_on_the_calibration_text(mini_known, seed, rank, size):
    """No other W_DKV of the same rank, with its own least squares, rebuilds K and V better."""
    w, stats = mini_known
    basis = whitened(w, stats)
    mean = stats.sink_share * stats.sink + (1 - stats.sink_share) * stats.mean
    s = (1 - stats.sink_share) * about(stats.moment, stats.mean, mean)
    s = s + stats.sink_share * torch.outer(stats.sink - mean, stats.sink - mean)

    def lost(down):
        gain = w.kv @ s @ down.T
        inner = down @ s @ down.T
        rebuilt = torch.linalg.lstsq(inner, gain.T).solution.T @ down
        rest = w.kv - rebuilt
        return torch.einsum("kd,de,ke->", rest, s, rest)

    ours = basis.down[:rank]
    generator = torch.Generator().manual_seed(seed)
    scale = size * ours.norm() / ours.numel() ** 0.5
    noise = torch.randn(ours.shape, generator=generator, dtype=ours.dtype)
    assert lost(ours) <= lost(ours + scale * noise) * (1 + 1e-3)


@pytest.fixture(scope="module")
def mini_known():
    known = Calibration(load_model("mini-gpt2", device="cpu"))
    stats = known.statistics[3]
    wide = type(stats)(**{name: x.double() for name, x in vars(stats).items()})
    return known.weights(3), wide


def test_queries_are_turned_back_to_the_keys_positions():
    q = torch.randn(2, 5, 6, dtype=torch.float64)
    weight = torch.rand(2, 5, 5, dtype=torch.float64).tril()
    cos, sin = (x.double() for x in rotary_table(5, 6, RopeConfig()))
    expected = torch.zeros(2, 6, 6, dtype=torch.float64)
    for h in range(2):
        for s in range(5):
            for t in range(5):
                turned = rotate(q[h, s : s + 1], cos[t : t + 1], -sin[t : t + 1], interleaved=False)
                expected[h] += weight[h, s, t] * turned.T @ turned
    assert torch.allclose(_query_moment(q, weight, (cos, sin)), expected)


def test_the_statistics_are_what_they_say(opened):
    model = opened("gpt2")
    known = Calibration(model, TEXTS)
    xs = []
    for row in known.rows:
        xs.append(model.record(torch.tensor([row]), ["x"])[1]["x"][1])
    stats = known.statistics[1]
    later = torch.cat([x[1:] for x in xs])
    assert torch.allclose(stats.sink, torch.stack([x[0] for x in xs]).mean(0), atol=1e-5)
    assert torch.allclose(stats.mean, later.mean(0), atol=1e-5)
    assert torch.allclose(stats.moment, later.T @ later / len(later), atol=1e-4)
    assert known.tokens == sum(map(len, xs))
    for moment in (stats.gradient, stats.gradient_weighted_moment, *stats.query_covariance):
        assert torch.linalg.eigvalsh(moment.double()).min() > -1e-5 * moment.norm()


def test_statistics_are_made_once_and_a_damaged_file_is_made_anew(opened, tmp_path, monkeypatch):
    model = opened("gpt2")
    seen = []
    first = Calibration(
        model, TEXTS, progress=lambda *n: seen.append((*n, torch.is_inference_mode_enabled()))
    )
    assert seen[-1][0] == seen[-1][1] == len(seen)
    assert not any(inference for *_, inference in seen)  # others may need gradients meanwhile
    (file,) = (tmp_path / "cache").iterdir()
    with monkeypatch.context() as broken:
        broken.setattr(calibration, "collect", None)  # calling it would fail
        again = Calibration(model, TEXTS)
        with pytest.raises(TypeError):
            Calibration(model, [*TEXTS, "more text"])
        with torch.no_grad():
            model.transformer.wte.weight[3] += 1
        with pytest.raises(TypeError):
            Calibration(model, TEXTS)  # other weights
        with torch.no_grad():
            model.transformer.wte.weight[3] -= 1
    assert again.best_methods == first.best_methods
    assert torch.equal(again.statistics[2].moment, first.statistics[2].moment)
    file.write_bytes(b"\0" * 100)
    assert torch.allclose(Calibration(model, TEXTS).statistics[0].mean, first.statistics[0].mean)


def test_an_unwritable_cache_costs_time_only(opened, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", "/proc/nowhere")
    assert convert_to_mla(opened("gpt2"), 8, "auto", TEXTS).config.kv_lora_rank == 8


@pytest.mark.parametrize("name", ["mini-gpt2", "mini-mha"])
def test_the_shipped_statistics_are_those_of_the_embedded_models(name, monkeypatch):
    monkeypatch.setattr(calibration, "collect", None)
    known = Calibration(load_model(name, device="cpu"))
    assert set(known.best_methods) <= set(calibration.COMPARED)
    x = known.model.record(torch.tensor([known.rows[0]]), ["x"])[1]["x"]
    for layer, stats in enumerate(known.statistics):  # the start token is the same in every text
        assert torch.allclose(x[layer, 0], stats.sink, atol=1e-3)


def test_auto_takes_the_method_that_moves_predictions_least(opened, monkeypatch):
    known = Calibration(opened("gpt2"), TEXTS)
    rank = 2 * 48 // calibration.SMALLER
    ids = torch.tensor([known.rows[0]])
    whole = run(known.model, ids).log_softmax(-1)
    for layer in range(3):
        divergence = {}
        for method in calibration.COMPARED:
            ranks = [rank if i == layer else 48 for i in range(3)]
            cut = run(convert_to_mla(known.model, ranks, method, known), ids).log_softmax(-1)
            divergence[method] = (whole.exp() * (whole - cut)).sum().item()
        assert divergence[known.best_methods[layer]] < 1.01 * min(divergence.values()) + 1e-6


def test_a_spread_budget_is_kept_and_predicted_to_lose_less():
    known = Calibration(load_model("mini-gpt2", device="cpu"))
    for rank in (16, 64, 128):
        ranks = allocate_ranks(known, 8 * rank)
        assert sum(ranks) == 8 * rank and min(ranks) >= 1 and max(ranks) <= 256

        def lost(widths):
            return sum(known.basis(i, "loss-aware").energy[w:].sum() for i, w in enumerate(widths))

        assert lost(ranks) < lost([rank] * 8)


def test_the_order_of_the_methods_on_held_out_text():
    """The figures of the README, on a few texts: data-aware beats weights alone, by far."""
    from mla_core.training.evaluate import bits_per_byte
    from mla_core.training.texts import held_out_texts

    model = load_model("mini-gpt2", device="cpu")
    texts = list(held_out_texts(6))
    nats = {
        method: bits_per_byte(convert_to_mla(model, 64, method), texts)["nats_per_token"]
        for method in ("split", "joint", "whitened", "head-aware", "loss-aware")
    }
    assert sorted(nats, key=nats.__getitem__, reverse=True) == list(nats)


@pytest.mark.parametrize("rank", [0, -1, 49, 2.5, "8", True, None, math.nan, (8, 8), (8, 0, 8)])
def test_a_wrong_rank_is_refused(rank, opened):
    with pytest.raises(ValueError, match=r"rank must be a whole number from 1 to 48|Give one rank"):
        inspect.unwrap(convert_to_mla)(opened("gpt2"), rank, "joint", TEXTS)  # no type checker


@pytest.mark.parametrize(
    ("method", "texts", "said"),
    [
        ("magic", TEXTS, "method must be auto or one of split"),
        ("auto", [], "calibration text is empty"),
        ("auto", ["", " "], "calibration text is empty"),
        ("auto", "", "calibration text is empty"),
        ("auto", "a cat", "fewer than the rank 40"),
    ],
)
def test_other_bad_input_is_refused(method, texts, said, opened):
    with pytest.raises(ValueError, match=said):
        convert_to_mla(opened("gpt2"), 40, method, texts)


@pytest.mark.parametrize("budget", [2, 145, 10.5, "many"])
def test_an_impossible_budget_is_refused(budget, opened):
    with pytest.raises(ValueError, match="budget must be a whole number from 3 to 144"):
        inspect.unwrap(allocate_ranks)(Calibration(opened("gpt2"), TEXTS), budget)


def test_what_has_a_latent_already_is_refused(opened):
    with pytest.raises(ValueError, match="keeps a latent already"):
        convert_to_mla(load_model("mini-mla", device="cpu"), 8, "auto", TEXTS)
    with pytest.raises(ValueError, match="keeps a latent already"):
        convert_to_mla(convert_to_mla(opened("gpt2"), 8, "joint", TEXTS), 8, "auto", TEXTS)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_refused(value, opened, save_checkpoint):
    model = opened("gpt2")
    model.transformer.h[1].mlp.c_fc.weight[0, 0] = value
    with pytest.raises(CheckpointError, match=r"h.1.mlp.c_fc.weight holds NaN or infinite"):
        convert_to_mla(model, 8, "joint", TEXTS)
    hf = formats.gpt2()
    hf.save_pretrained, saved = (lambda *_a, **_k: None), hf.save_pretrained
    directory, hf = save_checkpoint(hf)
    hf.transformer.h[1].mlp.c_fc.weight.data[0, 0] = value
    saved(directory)
    with pytest.raises(CheckpointError, match=r"h.1.mlp.c_fc.weight holds NaN or infinite"):
        load_model(directory)


@pytest.mark.parametrize("ranks", [[8, 8], [8, 0, 8]])
def test_a_saved_config_with_wrong_ranks_is_refused(ranks, opened, tmp_path):
    save_model(convert_to_mla(opened("gpt2"), (4, 8, 8), "joint", TEXTS), tmp_path / "saved")
    path = tmp_path / "saved" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"kv_lora_ranks": ranks}))
    with pytest.raises(CheckpointError, match=r"config.json: each of 3 layers needs a rank"):
        load_model(tmp_path / "saved")
