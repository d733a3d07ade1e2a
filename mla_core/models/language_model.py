"""What every family of models answers for, so that nobody outside asks which family it is.

A family is one subclass. It says how its forward pass runs, where its attention and its positions
lie, and which weights are its token embedding; all else follows here, or is the attention's own.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mla_core.attention.cache import Cache
from mla_core.attention.head_weights import HeadWeights
from mla_core.attention.latent import LatentAttention
from mla_core.attention.layer import AttentionLayer, Mode
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation
from mla_core.models.config import ModelConfig
from mla_core.models.devices import default_device
from mla_core.models.tokenizer import Tokenizer
from mla_core.models.weights import read_weights


class LanguageModel(nn.Module, ABC):
    """A decoder-only transformer that keeps no state of a run.

    Attributes:
        config: what `config.json` said.
        name: how the model is called on the screen and in traces.
        tokenizer: from the directory; a model that is still being trained has none.
        weight_prefix: what its weights' names begin with and some files leave out.
    """

    weight_prefix: ClassVar[str] = ""

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

    @classmethod
    def from_directory(
        cls,
        directory: Path,
        config: ModelConfig,
        device: str | torch.device | None,
        dtype: torch.dtype | None,
    ) -> "LanguageModel":
        """Builds the model and reads its weights.

        Args:
            config: of the directory.
            device, dtype: the family's own choice where they are None.

        Raises:
            CheckpointError: a file is missing or damaged, or its weights are not the
                configuration's.
        """
        with torch.device("meta"):
            model = cls(config)
        weights = read_weights(directory, model.state_dict(), cls.weight_prefix)
        model.load_state_dict(weights, assign=True)
        return model.to(device=device or default_device(), dtype=dtype or torch.float32)

    def with_shared_weights(self, config: ModelConfig | None = None) -> "LanguageModel":
        """A model of its own whose tensors are those of this one.

        Args:
            config: what it is to be instead; attention that differs is left without weights.
        """
        with torch.device("meta"):
            made = type(self)(config or self.config)
        made.load_state_dict(self.state_dict(), strict=False, assign=True)
        for name, buffer in self.named_buffers():  # the angles of RoPE are not in the state
            parent, _, leaf = name.rpartition(".")
            setattr(made.get_submodule(parent), leaf, buffer)
        made.name, made.tokenizer = self.name, self.tokenizer
        return made.requires_grad_(False).eval()

    # -- layer by layer

    @abstractmethod
    def attention_path(self, layer: int) -> str:
        """Where the attention of a layer lies among the submodules."""

    @abstractmethod
    def input_norm(self, layer: int) -> nn.Module:
        """The norm before the attention of a layer."""

    @property
    def residual_scale(self) -> float:
        """What a layer's output is multiplied with before it joins the residual stream."""
        return 1.0

    def attention(self, layer: int) -> AttentionLayer:
        """The attention of a layer."""
        found = self.get_submodule(self.attention_path(layer))
        assert isinstance(found, AttentionLayer)
        return found

    def latent_attention(self, layer: int) -> LatentAttention:
        """The attention of a layer, with both of MLA's paths.

        Raises:
            ValueError: it has no absorbed path.
        """
        found = self.attention(layer)
        if not isinstance(found, LatentAttention):
            raise ValueError(f"{self.name} has no absorbed path: choose a model with a latent")
        return found

    def replace_attention(self, layer: int, attention: AttentionLayer) -> AttentionLayer:
        """Puts an attention into a layer and returns the one that was there."""
        before = self.attention(layer)
        parent, _, leaf = self.attention_path(layer).rpartition(".")
        setattr(self.get_submodule(parent), leaf, attention)
        return before

    def sublayer(self, layer: int) -> tuple[nn.Module, AttentionLayer]:
        """The norm and the attention of a layer, to take it apart."""
        return self.input_norm(layer), self.attention(layer)

    def output_projection(self, layer: int) -> nn.Module:
        """W_O of a layer: takes its heads concatenated, (b, s, hv)."""
        return self.attention(layer).output_projection

    def head_weights(self, layer: int) -> HeadWeights:
        """The matrices of a layer's attention head by head: W_K (g, k, d), W_V (g, v, d), W_O
        (h, d, v) and their biases, in float64.

        Raises:
            ValueError: its keys and values come from a latent.
        """
        return self.attention(layer).head_weights()

    # -- what comes in before layer 0

    @property
    @abstractmethod
    def token_embedding(self) -> nn.Parameter:
        """(w, d) the vector of each token."""

    @property
    @abstractmethod
    def position_tables(self) -> tuple[str, ...]:
        """The tensors that have a row a position, by their names in the model."""

    @abstractmethod
    def without_positions(self) -> dict[str, Tensor]:
        """`position_tables` that put every token at the same position, for `functional_call`."""

    def positions_moved(self, shift: int) -> dict[str, Tensor]:
        """`position_tables` whose first row is that of position `shift`, for `functional_call`.

        The last `shift` rows are not those of a position: a text must end before them.
        """
        tables = {name: operator.attrgetter(name)(self) for name in self.position_tables}
        return {name: table.roll(-shift, 0) for name, table in tables.items()}

    def rotation(self, tokens: int) -> Rotation | None:
        """cos and sin (tokens, r/2) of the first positions; None where none are rotated."""
        return None

    def without_key_biases(self) -> dict[str, Tensor]:
        """Parameters, for `functional_call`, that leave out the biases of all keys.

        Raises:
            ValueError: keys are rotated, so that leaving them out would change the patterns.
        """
        raise ValueError(f"{self.name} rotates its keys, so their biases matter: choose a GPT-2.")

    def with_value_biases_in_output(self) -> dict[str, Tensor]:
        """Parameters, for `functional_call`, where the biases of all values lie in that of W_O.

        Raises:
            ValueError: this family's attention has no such biases.
        """
        raise ValueError(f"{self.name} has no biases on its values: choose a GPT-2.")

    # -- running

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
        return self.attention(0).modes

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

    def __repr__(self) -> str:
        """One line: torch's own has one for every module."""
        config = self.config
        numbers = sum(parameter.numel() for parameter in self.parameters())
        return (
            f"<{type(self).__name__} {self.name}: {config.num_hidden_layers} layers x "
            f"{config.num_attention_heads} heads, {config.attention_with_sizes}, "
            f"{numbers:,} parameters, {str(self.dtype).removeprefix('torch.')} on {self.device}>"
        )


class RotaryLanguageModel(LanguageModel):
    """A family whose queries and keys are rotated: its two position tables are cos and sin."""

    def rotation(self, tokens: int) -> Rotation:
        cos, sin = map(self.get_buffer, self.position_tables)
        return cos[:tokens], sin[:tokens]

    def without_positions(self) -> dict[str, Tensor]:
        cos, sin = self.position_tables
        angles = self.get_buffer(cos)
        return {cos: torch.ones_like(angles), sin: torch.zeros_like(angles)}


def stack_layers(layers: list[Tensor]) -> Tensor:
    """(l, ...) of a tensor a layer, each (1, ...); the narrower ones end in NaN."""
    widest = max(x.shape[-1] for x in layers)
    return torch.cat([F.pad(x, (0, widest - x.shape[-1]), value=torch.nan) for x in layers])
