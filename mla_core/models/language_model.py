"""What the two families of models share: tokens in, logits out, a cache and a recorder on demand."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mla_core.attention.cache import Cache
from mla_core.attention.latent import Mode
from mla_core.attention.recorder import Recorder
from mla_core.models.config import ModelConfig
from mla_core.models.tokenizer import Tokenizer


class LanguageModel(nn.Module, ABC):
    """A decoder-only transformer that keeps no state of a run.

    Attributes:
        config: what `config.json` said.
        name: how the model is called on the screen and in traces.
        tokenizer: from the directory; a model that is still being trained has none.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.name: str = config.model_type
        self._tokenizer: Tokenizer | None = None

    @abstractmethod
    def forward(
        self,
        ids: Int[Tensor, "b s"],
        *,
        cache: Cache | None = None,
        record: Recorder | None = None,
        mode: Mode = "naive",
    ) -> Float[Tensor, "b s w"]:
        """Logits of the token after each of the new tokens.

        Args:
            ids: the new tokens; with a cache they continue what it holds.
            cache: from `new_cache`, grown by this call.
            record: takes the names listed in `attention.multihead` and `attention.latent`, the
                `residual` stream before each layer, attention's normalised input `x`, `embedding` and
                learned `position`.
            mode: MLA's path; other attention has only one.
        """

    @abstractmethod
    def sublayer(self, layer: int) -> tuple[nn.Module, nn.Module]:
        """The norm and the attention of a layer, to take it apart."""

    @abstractmethod
    def output_projection(self, layer: int) -> nn.Module:
        """W_O of a layer: takes its heads concatenated, (b, s, hv)."""

    @property
    @abstractmethod
    def rope_tables(self) -> tuple[str, str] | None:
        """The buffers of cos and sin, a row a position; None where positions are learned."""

    @property
    def residual_scale(self) -> float:
        """What a layer's output is multiplied with before it joins the residual stream."""
        return 1.0

    @property
    def tokenizer(self) -> Tokenizer:
        if self._tokenizer is None:
            raise ValueError(f"{self.name} has no tokenizer; open it with load_model")
        return self._tokenizer

    @tokenizer.setter
    def tokenizer(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The paths it can take, the one for decoding last (see `attention.converted`)."""
        return ("naive",) if self.config.model_type == "mla_llama" else ("naive", "absorbed")

    def new_cache(self, storage: torch.dtype | None = None) -> Cache:
        """An empty cache; see `LayerCache` for `storage`."""
        return Cache.empty(self.config.num_hidden_layers, storage)

    def record(
        self, ids: Int[Tensor, "1 s"], names: Iterable[str]
    ) -> tuple[Float[Tensor, "s w"], dict[str, Tensor]]:
        """Logits, and each recorded name stacked over the layers, without the batch axis.

        Where the latents of the layers differ in width, the narrower ones end in NaN.
        """
        recorder = Recorder(names)
        with torch.inference_mode():
            logits = self(ids, record=recorder)
        return logits[0], {name: stack_layers(x) for name, x in recorder.layers.items() if x}

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype


def stack_layers(layers: list[Tensor]) -> Tensor:
    """(l, ...) of a tensor a layer, each (1, ...); the narrower ones end in NaN."""
    widest = max(x.shape[-1] for x in layers)
    return torch.cat([F.pad(x, (0, widest - x.shape[-1]), value=torch.nan) for x in layers])
