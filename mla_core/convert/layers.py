"""From a basis to a layer: the cut."""

from mla_core.attention.head_weights import LatentFactors
from mla_core.attention.layer import AttentionLayer
from mla_core.convert.methods import Basis
from mla_core.models.language_model import LanguageModel


def latent_attention(model: LanguageModel, layer: int, basis: Basis, rank: int) -> AttentionLayer:
    """The attention of a layer over the first `rank` directions of a basis."""
    w = model.head_weights(layer)
    factors = LatentFactors(
        down=basis.down[:rank].double(),
        shift=basis.shift.double(),
        k_up=w.k @ basis.lift_k[:, :rank].double(),
        v_up=w.v @ basis.lift_v[:, :rank].double(),
    )
    return model.attention(layer).over_latent(factors)
