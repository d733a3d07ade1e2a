"""What the jobs of the tests do."""

import torch

from mla_core.experiments import Models
from mla_core.experiments.latent_compression import Loss
from tests.core.jobs import BEGUN, COMPUTED, GO, Failing, Piecewise, Quick, WithoutGradients

WAIT_SECONDS = 60


def quick(asked: Quick, _models: Models) -> Loss:
    COMPUTED.append(asked)
    return Loss(1.0, 1, 1)


def piecewise(asked: Piecewise, models: Models) -> Loss:
    model = models.model(asked.model) if asked.model else None
    BEGUN.set()
    GO.wait(WAIT_SECONDS)
    for piece in range(asked.pieces):
        models.tell(piece, asked.pieces)
        models.give_way()
    if model is not None:
        model(torch.zeros(1, 1, dtype=torch.long))  # it is still whole
    COMPUTED.append(asked)
    return Loss(1.0, 1, 1)


def failing(asked: Failing, models: Models) -> Loss:
    model = models.model(asked.model)
    raise RuntimeError(f"nothing good came of {model.name}")


def without_gradients(asked: WithoutGradients, models: Models) -> Loss:
    with torch.inference_mode():
        asked.begun.set()
        asked.go.wait(WAIT_SECONDS)
        models.give_way()
        assert torch.is_inference_mode_enabled()
    return Loss(1.0, 1, 1)


COMPUTE = {
    Quick: quick, Piecewise: piecewise, Failing: failing, WithoutGradients: without_gradients
}  # fmt: skip
