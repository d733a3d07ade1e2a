"""The same numbers on a GPU, where there is one."""

import numpy as np
import pytest
import torch

from mla_core import Decoder, load_model, trace
from mla_core.models.locate import EMBEDDED

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
FLAG = "The American flag is red, white, and"


@pytest.mark.parametrize("name", EMBEDDED)
def test_traces_equal_the_cpus(name):
    cpu = trace(load_model(name, device="cpu"), FLAG)
    gpu = trace(load_model(name), FLAG)
    assert gpu.device == torch.cuda.get_device_name()
    assert set(gpu.arrays) == set(cpu.arrays)
    for key, array in cpu.arrays.items():
        assert np.abs(array - gpu.arrays[key]).max() < 1e-3 * max(1, np.abs(array).max()), key


@pytest.mark.parametrize("name", EMBEDDED)
def test_generation_equals_the_cpus(name):
    texts = []
    for device in ("cpu", "cuda"):
        decoder = Decoder(load_model(name, device=device))
        decoder.prefill(FLAG)
        texts.append([decoder.step().token_id for _ in range(24)])
    assert texts[0] == texts[1]


def test_bfloat16_runs_and_halves_the_cache():
    decoder = Decoder(load_model("mini-mla", dtype=torch.bfloat16))
    decoder.prefill(FLAG)
    step = decoder.step()
    assert step.token == " blue" and step.bytes_written == 80 * 8 * 2
