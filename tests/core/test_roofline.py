"""The roofline against the figures that were worked out by hand for an H200 (4.3 TB/s, 790 TFLOP/s)."""

from dataclasses import replace

import numpy as np
import pytest

from mla_core.arithmetic.architectures import PUBLISHED, STORAGES, Heads, without_latent
from mla_core.arithmetic.roofline import (
    GPUS,
    Gpu,
    attention_share,
    sequences_that_fit,
    step_seconds,
    weights_share,
)

BF16 = STORAGES["bfloat16"]
H200 = Gpu(141e9, 4.3e12, 790e12, "by hand")
R1 = PUBLISHED["DeepSeek-V3 / R1"]
ONE_LAYER = replace(R1, layers=((1, R1.layers[0][1]),))
MHA = replace(ONE_LAYER, layers=((1, R1.latent.as_mha()),))
REBUILT = replace(ONE_LAYER, layers=((1, R1.latent.rebuilt()),))
GQA8 = replace(ONE_LAYER, layers=((1, Heads(128, 8, 192, 128)),))
MQA = replace(ONE_LAYER, layers=((1, Heads(128, 1, 128)),))


@pytest.mark.parametrize(
    "model, nbytes, flops, nanoseconds, memory",
    [
        (MHA, 65_536, 65_536, 15.24, True),
        (REBUILT, 81_920, 81_920, 19.05, True),
        (GQA8, 5_120, 81_920, 1.19, True),
        (MQA, 512, 65_536, 0.119, True),
        (ONE_LAYER, 1_152, 278_528, 0.353, False),
    ],
)
def test_a_token_of_context(model, nbytes, flops, nanoseconds, memory):
    share = attention_share(model, BF16, 1, 1)
    assert (share.nbytes, share.flops) == (nbytes, flops)
    assert share.seconds(H200) * 1e9 == pytest.approx(nanoseconds, rel=5e-3)
    assert bool(share.binds(H200)) is memory


@pytest.mark.parametrize(
    "batch, t, microseconds", [(1, 8192, 2.9), (8, 8192, 23.1), (128, 4096, 184.8)]
)
def test_a_layers_floor(batch, t, microseconds):
    assert step_seconds(ONE_LAYER, BF16, H200, t, batch=batch) * 1e6 == pytest.approx(
        microseconds, rel=0.01
    )


@pytest.mark.parametrize(
    "t, times",
    [
        (1024, 1.11),
        (4096, 1.43),
        (8192, 1.86),
        (16_384, 2.69),
        (32_768, 4.27),
        (65_536, 7.2),
        (51_700, 6),
    ],
)
def test_six_times_faster_is_a_point_on_a_curve(t, times):
    """Bytes alone, one sequence, weights in float8: 37 GB a token."""
    endless = replace(H200, flops=1e30)
    plain = without_latent(R1, "MHA")
    slow, fast = (step_seconds(m, BF16, endless, t, weight_bytes=1) for m in (plain, R1))
    assert slow / fast == pytest.approx(times, rel=0.01)


def test_experts_are_read_when_a_token_uses_them():
    assert weights_share(R1, 1, 1).nbytes == pytest.approx(37e9)
    assert 0.9 * 671e9 < weights_share(R1, 1, 128).nbytes < 671e9
    dense = PUBLISHED["Llama 3 70B"]
    assert weights_share(dense, 2, 1).nbytes == weights_share(dense, 2, 64).nbytes == 140e9
    assert weights_share(replace(R1, parameters=None), 1, 1) is None


def test_what_fits_into_a_gpus_memory():
    eight = GPUS["H200"].times(8)
    assert eight.memory == 1_128e9
    assert sequences_that_fit(R1, BF16, eight, 32_768, 1) == int(457e9 // (70_272 * 32_768)) == 198
    assert sequences_that_fit(without_latent(R1, "MHA"), BF16, eight, 32_768, 1) == 3
    assert sequences_that_fit(R1, BF16, GPUS["H200"], 32_768, 1) == -1


def test_curves_take_arrays():
    t = np.geomspace(1, 1e6, 50)
    seconds = step_seconds(R1, BF16, H200, t, batch=4, weight_bytes=1)
    assert seconds.shape == t.shape and (np.diff(seconds) > 0).all()
