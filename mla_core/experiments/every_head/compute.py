"""Computes an `Ablation`: the heads of a layer run as one batch."""

import numpy as np
import torch
from torch import Tensor

from mla_core.experiments import Models
from mla_core.experiments.every_head import Ablate, Ablation
from mla_core.inference.tracing import encode_prompt


def ablate(asked: Ablate, models: Models) -> Ablation:
    """Runs the text once whole, and once without each head.

    Raises:
        PromptError: the prompt is empty or too long.
    """
    model = models.model(asked.model)
    layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
    ids = torch.tensor([encode_prompt(model, asked.prompt, bos=True)], device=model.device)

    def without(_module: object, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        z = arguments[0].unflatten(-1, (heads, -1)).clone()  # (b, s, h, v), b = h
        z[torch.arange(heads), :, torch.arange(heads)] = 0
        return (z.flatten(-2),)

    with torch.inference_mode():
        whole = model(ids)[0, -1].float().softmax(-1)
        token = int(whole.argmax())
        change = []
        for layer in range(layers):
            models.give_way()
            handle = model.output_projection(layer).register_forward_pre_hook(without)
            try:  # nobody else runs a model meanwhile: the engine has one worker
                left = model(ids.expand(heads, -1))[:, -1].float().softmax(-1)[:, token]
            finally:
                handle.remove()
            change.append((left - whole[token]).cpu().numpy())
    return Ablation(token, float(whole[token]), np.stack(change))


COMPUTE = {Ablate: ablate}
