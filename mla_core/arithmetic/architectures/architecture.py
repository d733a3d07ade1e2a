"""A model as its cache and its roofline see it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mla_core.arithmetic.architectures.attention import Attention, Latent, Storage
from mla_core.arithmetic.formula import Formula


@dataclass(frozen=True)
class Architecture:
    """Layers of attention, and how many numbers the whole model has.

    Attributes:
        layers: (how many, of which attention), in no particular order.
        context: tokens that the model was made for; None where the source does not say.
        source: where its figures are published.
        parameters, active: in all, and those that one token uses; None where the source does not
            say.
        experts: (routed experts a layer, experts that one token uses); None for a dense model.
        note: what a reader of the figures should know.
        defaults: which figures are those of transformers' configuration class, because no published
            file of this model was found: "layers", "heads", "sizes", "latent", "indexer", "state" or
            "context".
    """

    name: str
    layers: tuple[tuple[int, Attention], ...]
    context: int | None
    source: str
    parameters: float | None = None
    active: float | None = None
    experts: tuple[int, int] | None = None
    note: str = ""
    defaults: tuple[str, ...] = ()

    @property
    def num_hidden_layers(self) -> int:
        return sum(count for count, _ in self.layers)

    @property
    def kind(self) -> str:
        """Of its attention: of all its layers, each kind named once."""
        return " + ".join(dict.fromkeys(attention.kind for _, attention in self.layers))

    @property
    def latent(self) -> Latent | None:
        """Its MLA, if it has any."""
        found = (attention for _, attention in self.layers if isinstance(attention, Latent))
        return next(found, None)

    def cache(self, storage: Storage) -> Formula:
        """Bytes in the cache of one sequence after t tokens."""
        return self._sum([attention.kept(storage) for _, attention in self.layers])

    def read(self, storage: Storage) -> Formula:
        """Bytes of the cache that one decode step of one sequence reads."""
        return self._sum([attention.read(storage) for _, attention in self.layers])

    def flops(self) -> Formula:
        """Of one decode step's attention cores, for one sequence."""
        return self._sum([attention.flops() for _, attention in self.layers])

    def row(self, storage: Storage) -> Formula:
        """Bytes that one token adds while every layer grows: the figure that is quoted."""
        return self._sum([attention.row(storage) for _, attention in self.layers])

    def _sum(self, expressions: Sequence[str]) -> Formula:
        layers = zip(self.layers, expressions, strict=True)
        return Formula(" + ".join(f"{count} * {expression}" for (count, _), expression in layers))

    def read_parameters(self, batch: int) -> float | None:
        """Parameters that a step of so many sequences reads.

        Of experts, those that at least one token uses, if tokens choose evenly and independently.
        """
        if self.parameters is None or self.active is None or self.experts is None:
            return self.parameters
        total, used = self.experts
        share = used / total
        routed = (self.parameters - self.active) / (1 - share)
        touched = 1 - (1 - share) ** batch
        return self.parameters - routed + routed * touched


def grouped(attentions: Sequence[Attention]) -> tuple[tuple[int, Attention], ...]:
    """Layer by layer -> (how many, of which)."""
    return tuple((count, attention) for attention, count in Counter(attentions).items())


def without_latent(model: Architecture, name: str) -> Architecture:
    """The same model as plain MHA: never built, but what "57x" compares with."""
    layers = [
        (count, attention.as_mha() if isinstance(attention, Latent) else attention)
        for count, attention in model.layers
    ]
    return replace(model, name=name, layers=tuple(layers))
