"""`convert_to_mla`: ordinary attention made latent, at the rank of the caller's choice."""

import dataclasses
from collections.abc import Sequence

import torch

from mla_core.convert.calibration import Calibration, calibration_of
from mla_core.convert.layers import latent_attention
from mla_core.convert.methods import METHODS
from mla_core.models.config import ModelConfig
from mla_core.models.language_model import LanguageModel
from mla_core.models.locate import Conversion


def convert_to_mla(
    model: LanguageModel,
    rank: int | Sequence[int],
    method: str = "auto",
    calibration: Calibration | Sequence[str] | None = None,
) -> LanguageModel:
    """GPT-2 or Llama with its keys and values pressed through one latent a layer.

    The original is left as it is, and shares every weight outside its attention with the result.
    GPT-2 becomes MLA without a rope key, runs both paths, and loses nothing at rank d. Llama keeps
    rotating its keys after they are rebuilt, so it runs the naive path only.

    Args:
        model: gpt2, or llama with MHA, GQA or MQA.
        rank: width of the latent, for all layers or one for each (see `allocate_ranks`).
        method: a name of `METHODS`, or "auto": layer by layer the one that changes the
            predictions on the calibration text least.
        calibration: a `Calibration` to use again, or texts; our own texts unless given.

    Raises:
        ValueError: one sentence that says what to do.
    """
    ranks = check_ranks(model.config, rank)
    if method != "auto" and method not in METHODS:
        raise ValueError(f"method must be auto or one of {', '.join(METHODS)}, not {method!r}")
    if calibration is None:
        calibration = calibration_of(model)
    elif not isinstance(calibration, Calibration):
        calibration = Calibration(
            model, [calibration] if isinstance(calibration, str) else calibration
        )
    if calibration.tokens < max(ranks):
        raise ValueError(
            f"The calibration text has {calibration.tokens} tokens, fewer than the rank "
            f"{max(ranks)}: give a longer text or a smaller rank."
        )
    methods = calibration.best_methods if method == "auto" else (method,) * len(ranks)
    config = dataclasses.replace(model.config.with_latent(ranks), factorisations=methods)
    converted = model.with_shared_weights(config)
    for layer, (name, width) in enumerate(zip(methods, ranks, strict=True)):
        basis = calibration.basis(layer, name)
        converted.replace_attention(layer, latent_attention(model, layer, basis, width))
    mean = sum(ranks) // len(ranks)
    converted.name = str(Conversion(model.name, mean, method, layerwise=len(set(ranks)) > 1))
    return converted


def check_ranks(config: ModelConfig, rank: object) -> tuple[int, ...]:
    """One rank a layer.

    Raises:
        ValueError: a rank is no whole number from 1 to d, or there is not one for each layer.
    """
    layers, d = config.num_hidden_layers, config.hidden_size
    ranks = tuple(rank) if isinstance(rank, Sequence) and not isinstance(rank, str) else (rank,)
    for value in ranks:
        if type(value) is not int or not 1 <= value <= d:
            raise ValueError(f"The rank must be a whole number from 1 to {d}, not {value!r}.")
    if len(ranks) == 1:
        ranks *= layers
    if len(ranks) != layers:
        raise ValueError(f"Give one rank, or one for each of {layers} layers, not {len(ranks)}.")
    return ranks


def allocate_ranks(calibration: Calibration, cached_values: int) -> tuple[int, ...]:
    """A rank for each layer that loses least, with `cached_values` numbers a token in all layers.

    Greedy over the loss-aware energies, which are nats in every layer alike: the most valuable
    directions of the whole model are kept (as CARE does it, arXiv 2603.17946).

    Raises:
        ValueError: less than one direction a layer, or more than d.
    """
    config = calibration.model.config
    layers, d = config.num_hidden_layers, config.hidden_size
    if type(cached_values) is not int or not layers <= cached_values <= layers * d:
        raise ValueError(
            f"The budget must be a whole number from {layers} to {layers * d} values a token, "
            f"not {cached_values!r}."
        )
    energy = torch.stack([calibration.basis(i, "loss-aware").energy for i in range(layers)])
    energy[:, 0] = float("inf")  # each layer keeps one direction
    best = energy.flatten().topk(cached_values).indices
    return tuple(torch.bincount(best // d, minlength=layers).tolist())
