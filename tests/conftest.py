"""Checkpoints made here: random weights in Hugging Face format, with a tokenizer of our own."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: nothing may ask the hub
os.environ.setdefault("MLA_EXPLORER_CACHE", tempfile.mkdtemp(prefix="mla-explorer-tests-"))

import pytest
import torch

if not torch.cuda.is_available():  # before Triton is imported
    os.environ["TRITON_INTERPRET"] = "1"

from tokenizers import Tokenizer

from mla_core.training.data import train_tokenizer

logging.getLogger("transformers").setLevel(logging.ERROR)
torch.set_num_threads(1)  # two test processes on two cores

TEXT = "The American flag is red, white, and blue. Once upon a time there was a cat. "


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return train_tokenizer([TEXT * 3])


def randomise(model: torch.nn.Module, seed: int = 0) -> None:
    """Weights large enough that attention is far from uniform and every bias matters."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape, generator=generator)
        is_norm = "norm" in name or "ln_" in name
        values = 1 + 0.2 * values if is_norm else 0.12 * values
        parameter.data.copy_(values)


@pytest.fixture
def save_checkpoint(tmp_path: Path, tokenizer: Tokenizer) -> Callable[..., tuple[Path, Any]]:
    """save_checkpoint(hf_model) -> (its directory, the same model with random weights)."""

    def save(model: Any, **options: Any) -> tuple[Path, Any]:
        randomise(model)
        model.eval().save_pretrained(tmp_path, **options)
        tokenizer.save(str(tmp_path / "tokenizer.json"))
        return tmp_path, model

    return save


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, for the tests of the components and of the pages: a process has one Playwright."""
    from playwright.sync_api import sync_playwright

    from tests.browser.serving import launch

    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
