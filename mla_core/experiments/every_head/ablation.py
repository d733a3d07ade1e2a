"""How much each head matters for the next token: take its output away and look again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from mla_core.engine.engine import Engine


@dataclass(frozen=True, eq=False)
class Ablation:
    """What each head does for the likeliest next token of a text.

    Attributes:
        token_id: that token.
        probability: of it, with all heads.
        change: (l, h) how much its probability changes without one head.
    """

    token_id: int
    probability: float
    change: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.change.nbytes


@dataclass(frozen=True)
class Ablate:
    """Zero ablation of each head in turn: its rows before W_O are set to 0, nothing else.

    The heads of a layer run as one batch.
    """

    model: str
    prompt: str
    patient: ClassVar[bool] = True

    def compute(self, engine: "Engine") -> Ablation:
        import torch

        from mla_core.inference.tracing import encode_prompt

        model = engine.model(self.model)
        layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
        ids = torch.tensor([encode_prompt(model, self.prompt, bos=True)], device=model.device)

        def without(_module: object, arguments: "tuple[Tensor, ...]") -> "tuple[Tensor, ...]":
            z = arguments[0].unflatten(-1, (heads, -1)).clone()  # (b, s, h, v), b = h
            z[torch.arange(heads), :, torch.arange(heads)] = 0
            return (z.flatten(-2),)

        with torch.inference_mode():
            whole = model(ids)[0, -1].float().softmax(-1)
            token = int(whole.argmax())
            change = []
            for layer in range(layers):
                engine.give_way()
                handle = model.output_projection(layer).register_forward_pre_hook(without)
                try:  # nobody else runs a model meanwhile: the engine has one worker
                    left = model(ids.expand(heads, -1))[:, -1].float().softmax(-1)[:, token]
                finally:
                    handle.remove()
                change.append((left - whole[token]).cpu().numpy())
        return Ablation(token, float(whole[token]), np.stack(change))
