"""Computes `Facts`: why a latent can work at all, measured on the model at hand."""

import torch
from torch.func import functional_call

from mla_core.attention.recorder import Recorder
from mla_core.convert.conversion import convert_to_mla
from mla_core.experiments import Models
from mla_core.experiments.latent_compression import Facts, Prove
from mla_core.inference.tracing import encode_prompt


def prove(asked: Prove, models: Models) -> Facts:
    """Runs the text with each change that should change nothing.

    Raises:
        PromptError: the prompt is empty or too long.
    """
    model = models.model(asked.model)
    d = model.config.hidden_size
    ids = torch.tensor([encode_prompt(model, asked.prompt, bos=True)], device=model.device)

    def run(changed: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        recorder = Recorder(["pattern"])
        with torch.inference_mode():
            logits = functional_call(model, changed, (ids,), {"record": recorder})
        models.give_way()
        return torch.cat(recorder.layers["pattern"]), logits

    pattern, logits = run({})
    whole = convert_to_mla(model, d, "auto", models.calibration(asked.model))
    with torch.inference_mode():
        naive, absorbed = whole(ids), whole(ids, mode="absorbed")
    return Facts(
        key_bias=(run(model.without_key_biases())[0] - pattern).abs().max().item(),
        value_bias=(run(model.with_value_biases_in_output())[1] - logits).abs().max().item(),
        full_rank=(naive - logits).abs().max().item(),
        absorbed=(absorbed - naive).abs().max().item(),
        largest_logit=logits.abs().max().item(),
    )
