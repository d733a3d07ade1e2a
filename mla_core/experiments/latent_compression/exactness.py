"""Why a latent can work at all: what is exact for GPT-2, measured on the model at hand."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine


@dataclass(frozen=True)
class Facts:
    """Largest differences in float32, each of which would be 0 with exact numbers.

    Attributes:
        key_bias: of any attention weight, when all key biases are dropped.
        value_bias: of any logit, when all value biases are folded into W_O's bias.
        full_rank: of any logit, when the latent is as wide as the model (rank d).
        absorbed: of any logit, between the naive and the absorbed path at rank d.
        largest_logit: to compare the three above with.
    """

    key_bias: float
    value_bias: float
    full_rank: float
    absorbed: float
    largest_logit: float
    nbytes: int = 64


@dataclass(frozen=True)
class Prove:
    """Measures the facts on a text, for a gpt2."""

    model: str
    prompt: str
    patient: ClassVar[bool] = True

    def compute(self, engine: "Engine") -> Facts:
        import torch
        from torch.func import functional_call

        from mla_core.attention.recorder import Recorder
        from mla_core.convert.conversion import convert_to_mla
        from mla_core.inference.tracing import encode_prompt

        model = engine.model(self.model)
        d = model.config.hidden_size
        ids = torch.tensor([encode_prompt(model, self.prompt, bos=True)], device=model.device)

        def run(changed: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
            recorder = Recorder(["pattern"])
            with torch.inference_mode():
                logits = functional_call(model, changed, (ids,), {"record": recorder})
            engine.give_way()
            return torch.cat(recorder.layers["pattern"]), logits

        pattern, logits = run({})
        whole = convert_to_mla(model, d, "auto", engine.calibration(self.model))
        with torch.inference_mode():
            naive, absorbed = whole(ids), whole(ids, mode="absorbed")
        return Facts(
            key_bias=(run(model.without_key_biases())[0] - pattern).abs().max().item(),
            value_bias=(run(model.with_value_biases_in_output())[1] - logits).abs().max().item(),
            full_rank=(naive - logits).abs().max().item(),
            absorbed=(absorbed - naive).abs().max().item(),
            largest_logit=logits.abs().max().item(),
        )
