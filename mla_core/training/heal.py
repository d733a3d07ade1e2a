"""Healing: after a conversion only the factors of the latent are trained, for a given time.

The original teaches: the converted model learns to predict what the original predicts (KL
divergence), which says more about each token than the text alone. X-EcoMLA (arXiv 2503.11132)
heals by distillation too, MHA2MLA (arXiv 2502.14837) by training on the text.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mla_core.models.language_model import LanguageModel
from mla_core.training.data import batches

ROWS, WIDTH = 64, 256
LEARNING_RATE = 6e-3
WARMUP = 20


def factors(model: LanguageModel) -> list[nn.Parameter]:
    """W_DKV, W_UK and W_UV of every layer, with their biases."""
    return [p for pair in _projections(model) for linear in pair for p in linear.parameters()]


def _projections(model: LanguageModel) -> list[tuple[nn.Linear, nn.Linear]]:
    layers = range(model.config.num_hidden_layers)
    return [model.attention(layer).latent_projections() for layer in layers]


def balance(model: LanguageModel) -> None:
    """Scales each latent dimension so that W_DKV and [W_UK; W_UV] are equally large in it.

    The function stays the same; Adam, whose steps are equally large everywhere, gets on better.
    """
    for down, up in _projections(model):
        by = (down.weight.norm(dim=1) / up.weight.norm(dim=0)).sqrt()
        down.weight.div_(by[:, None])
        down.bias.div_(by)
        up.weight.mul_(by)


def heal(
    original: LanguageModel,
    converted: LanguageModel,
    texts: list[str],
    *,
    seconds: float,
    log: Callable[[str], None] = print,
) -> int:
    """Trains the factors of `converted` in place.

    Nothing is compiled: that took 35 of 60 seconds on an H100.

    Args:
        original: the teacher; unchanged, though it shares its other weights with the student.
        texts: to learn on.

    Returns:
        The number of steps taken.

    Raises:
        ValueError: no time, or not enough text for one row.
    """
    if not seconds > 0:
        raise ValueError(f"seconds must be positive, not {seconds}")
    balance(converted)
    device, trained = converted.device, factors(converted)
    row, starts = _row(converted, texts)
    width = min(WIDTH, converted.config.max_position_embeddings)
    order = batches(starts, len(row), rows=ROWS, width=width, steps=10**9, seed=0)
    tokens = torch.from_numpy(row).to(device)
    window = torch.arange(width, device=device)
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0)

    def divergence(ids: Tensor) -> Tensor:
        # only GPUs: a CPU without bfloat16 instructions emulates them a hundred times slower
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            with torch.no_grad():
                taught = original(ids)
            said = converted(ids)
        return F.kl_div(
            said.float().log_softmax(-1).flatten(0, 1),
            taught.float().log_softmax(-1).flatten(0, 1),
            log_target=True,
            reduction="batchmean",
        )

    for parameter in trained:
        parameter.requires_grad_(True)
    begun, steps, last = time.monotonic(), 0, torch.tensor(0.0)
    for begin in order:
        passed = (time.monotonic() - begun) / seconds
        if passed >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min((steps + 1) / WARMUP, 1 - passed)
        last = divergence(tokens[torch.from_numpy(begin).to(device)[:, None] + window])
        optimizer.zero_grad(set_to_none=True)
        last.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        steps += 1
        if device.type == "cuda":
            torch.cuda.synchronize()  # else the clock would count steps that are only queued
        if steps % 200 == 0:
            log(f"step {steps}, divergence {last.item():.4f}, {passed:.0%} of the time")
    converted.requires_grad_(False)
    return steps


def _row(model: LanguageModel, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """All texts in one row of token ids, each behind the start token, and where they begin."""
    bos = [] if model.config.bos_token_id is None else [model.config.bos_token_id]
    rows = [np.array(bos + model.tokenizer.encode(text), dtype=np.int64) for text in texts]
    starts = np.cumsum([0, *(len(row) for row in rows[:-1])], dtype=np.int64)
    return np.concatenate(rows) if rows else np.empty(0, np.int64), starts
