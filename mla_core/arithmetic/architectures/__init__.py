"""What published models keep of each token: data with sources, and formulas."""

from mla_core.arithmetic.architectures.architecture import Architecture, without_latent
from mla_core.arithmetic.architectures.attention import (
    STORAGES,
    Compressed,
    Heads,
    Latent,
    State,
    Storage,
)
from mla_core.arithmetic.architectures.published import PUBLISHED

__all__ = [
    "PUBLISHED",
    "STORAGES",
    "Architecture",
    "Compressed",
    "Heads",
    "Latent",
    "State",
    "Storage",
    "without_latent",
]
