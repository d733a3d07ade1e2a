"""Computes what a conversion keeps and loses."""

import dataclasses

import numpy as np
import torch

from mla_core.convert.statistics import about
from mla_core.experiments import Models
from mla_core.experiments.latent_compression import (
    HELD_OUT_TEXTS,
    Calibrate,
    Calibrated,
    Compare,
    Comparison,
    Compression,
    Descend,
    Descent,
    Inspect,
    Loss,
    MeasureLoss,
    Prove,
)
from mla_core.experiments.latent_compression.differences import attention_moved, kl_divergence
from mla_core.experiments.latent_compression.exactness import prove
from mla_core.inference.tracing import trace
from mla_core.models.locate import Conversion
from mla_core.records.trace import LIKELIEST
from mla_core.training.evaluate import bits_per_byte
from mla_core.training.texts import held_out_texts

STEPS = 16  # ranks that `Descend` tries, from the full width down
MOVED = 0.1  # of its attention: then a head counts as having lost its place


def _conversion(name: str) -> Conversion:
    found = Conversion.parse(name)
    if found is None:
        raise ValueError(f"{name} is not the name of a conversion, such as mini-gpt2@64")
    return found


def inspect(asked: Inspect, models: Models) -> Compression:
    """Measures each layer's latent on the statistics it was made from.

    Raises:
        ValueError: the name is not that of a conversion.
    """
    conversion = _conversion(asked.name)
    config = models.model(asked.name).config
    calibration = models.calibration(conversion.model, conversion.text)
    assert config.factorisations is not None
    energy, errors = [], []
    for i, (rank, method) in enumerate(zip(config.ranks, config.factorisations, strict=True)):
        basis, stats = calibration.basis(i, method), calibration.statistics[i]
        weights = calibration.weights(i)
        energy.append(basis.energy[: config.hidden_size])
        moment = about(stats.moment, stats.mean, basis.shift)
        spread = about(stats.moment, stats.mean, stats.mean)
        for w, lift in ((weights.k, basis.lift_k), (weights.v, basis.lift_v)):
            whole = w.float()
            lost = whole - (whole @ lift[:, :rank]) @ basis.down[:rank]
            of_all = torch.einsum("gkd,de,gke->g", whole, spread, whole)
            of_lost = torch.einsum("gkd,de,gke->g", lost, moment, lost)
            errors.append((of_lost.clamp(min=0) / of_all).sqrt())
    return Compression(
        config=config,
        energy=torch.stack(energy).cpu().numpy(),
        key_error=torch.stack(errors[0::2]).cpu().numpy(),
        value_error=torch.stack(errors[1::2]).cpu().numpy(),
        calibration_tokens=calibration.tokens,
    )


def compare(asked: Compare, models: Models) -> Comparison:
    """Runs both and keeps what differs.

    Raises:
        PromptError: the prompt is empty or too long.
        ValueError: the name is not that of a conversion.
    """
    original = models.model(_conversion(asked.name).model)
    whole = trace(original, asked.prompt, record=("logits",)).probabilities()
    names = ("logits", "pattern", "c_kv")
    cut = trace(models.model(asked.name), asked.prompt, record=names)
    chances = cut.probabilities()
    before, after = whole[-1], chances[-1]
    best = np.argsort(-np.maximum(before, after), kind="stable")[:LIKELIEST]
    best = best[np.argsort(-before[best], kind="stable")]
    kept = {name: cut.arrays[name] for name in ("pattern", "c_kv")}
    return Comparison(
        trace=dataclasses.replace(cut, arrays=kept),
        kl=kl_divergence(whole, chances),
        next_ids=best.astype(np.int32),
        next_before=before[best],
        next_after=after[best],
    )


def calibrate(asked: Calibrate, models: Models) -> Calibrated:
    """Makes the calibration that every conversion of the model needs."""
    return Calibrated(models.calibration(asked.model, asked.text).tokens)


def measure_loss(asked: MeasureLoss, models: Models) -> Loss:
    """Reads the held-out texts, one after the other."""
    texts = held_out_texts(HELD_OUT_TEXTS)
    nats, tokens = 0.0, 0
    for text in texts:
        models.give_way()
        measured = bits_per_byte(models.model(asked.name), [text])
        nats += measured["nats_per_token"] * measured["tokens"]
        tokens += int(measured["tokens"])
    return Loss(nats / tokens, tokens, len(texts))


def descend(asked: Descend, models: Models) -> Descent:
    """Falls until a head has lost its place and a prediction has changed.

    Raises:
        PromptError: the prompt is empty or too long.
    """
    original = models.model(asked.model)
    d = original.config.hidden_size
    names = ("pattern", "logits")
    whole = trace(original, asked.prompt, record=names)
    choices = whole.logits.argmax(-1)
    head_rank = head = token_rank = position = became = None
    moved, tried = 0.0, []
    for step in range(STEPS):
        models.give_way()
        rank = max(1, round(d * (1 - step / STEPS)))
        tried.append(rank)
        name = str(Conversion(asked.model, rank, asked.method, asked.layerwise, asked.text))
        cut = trace(models.model(name), asked.prompt, record=names)
        by_head = attention_moved(whole.pattern, cut.pattern)
        if head_rank is None and by_head.max() >= MOVED:
            layer, number = np.unravel_index(by_head.argmax(), by_head.shape)
            head_rank, head, moved = rank, (int(layer), int(number)), float(by_head.max())
        changed = np.flatnonzero(cut.logits.argmax(-1) != choices)
        if token_rank is None and len(changed):
            token_rank, position = rank, int(changed[-1])
            became = int(cut.logits[position].argmax())
        if head_rank is not None and token_rank is not None:
            break
    was = None if position is None else int(choices[position])
    return Descent(head_rank, head, moved, token_rank, position, was, became, tuple(tried))


COMPUTE = {
    Inspect: inspect, Compare: compare, Calibrate: calibrate, MeasureLoss: measure_loss,
    Descend: descend, Prove: prove,
}  # fmt: skip
