"""Five ways, and one of our own, to press the keys and values of a layer through one latent.

Each method is a choice of two matrices. H says which errors of x hurt, S how x spreads; lost is

    E |H^1/2 (x - P x)|^2 = tr(H (1 - P) S (1 - P)^T)

and with S = L L^T the best P of rank c keeps the c largest eigenvectors Q of L^T H L (Eckart and
Young). The latent is c_kv = Q_c^T L^-1 (x - shift), and keys and values are rebuilt from it by
[W_K; W_V] L Q_c: least squares, so no weight matrix is ever inverted. The eigenvalues are what each
direction is worth. Only the split SVD has two such problems, one for K and one for V.

Directions are sorted, so one decomposition serves every rank: a smaller latent is a cut.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from mla_core.attention.head_weights import HeadWeights
from mla_core.convert.statistics import LayerStatistics, about

DAMPING = 1e-6  # of the mean variance, at least: LayerNorm's output has a direction without any


@dataclass(frozen=True)
class Basis:
    """All directions of one layer's latent, the most valuable first.

    Attributes:
        energy: what each direction is worth, in the units of the method.
        shift: the point that the latent is measured from.
        down: W_DKV, from x - shift to the latent.
        lift_k, lift_v: from the latent back to x - shift, as well as it can be for the keys and
            for the values (one and the same but in the split SVD): W_UK = W_K lift_k.
    """

    energy: Float[Tensor, " c"]
    shift: Float[Tensor, " d"]
    down: Float[Tensor, "c d"]
    lift_k: Float[Tensor, "d c"]
    lift_v: Float[Tensor, "d c"]


Method = Callable[[HeadWeights, LayerStatistics], Basis]


def _basis(h: Tensor, s: Tensor | None, shift: Tensor) -> Basis:
    """The decomposition above; without S the spread of x is taken as even."""
    if s is None:
        l_matrix = inverse = torch.eye(len(h), dtype=h.dtype, device=h.device)
    else:
        # eigenvectors, not Cholesky: S may be singular, and is rounded to float32 on disk
        variance, v = torch.linalg.eigh(s)
        deviation = variance.clamp(min=DAMPING * variance.mean()).sqrt()
        l_matrix, inverse = v * deviation, (v / deviation).T
    energy, q = torch.linalg.eigh(l_matrix.T @ h @ l_matrix)
    energy, q = energy.flip(0).clamp(min=0), q.flip(1)
    lift = l_matrix @ q
    return Basis(energy, shift, q.T @ inverse, lift, lift)


def _gram(w: Tensor) -> Tensor:
    """sum over heads of W^T W."""
    return torch.einsum("hkd,hke->de", w, w)


def split_svd(w: HeadWeights, _: LayerStatistics) -> Basis:
    """H = W_K^T W_K for one half of the latent, W_V^T W_V for the other; S = 1.

    MHA2MLA's "split" (arXiv 2502.14837). Directions of keys and values take turns.
    """
    zero = torch.zeros_like(w.o_bias)
    keys, values = _basis(_gram(w.k), None, zero), _basis(_gram(w.v), None, zero)
    nothing = torch.zeros_like(keys.lift_k)
    return Basis(
        energy=rearrange([keys.energy, values.energy], "kv c -> (c kv)"),
        shift=zero,
        down=rearrange([keys.down, values.down], "kv c d -> (c kv) d"),
        lift_k=rearrange([keys.lift_k, nothing], "kv d c -> d (c kv)"),
        lift_v=rearrange([nothing, values.lift_v], "kv d c -> d (c kv)"),
    )


def joint_svd(w: HeadWeights, _: LayerStatistics) -> Basis:
    """H = W_K^T W_K + W_V^T W_V, S = 1: the SVD of [W_K; W_V].

    MHA2MLA's "joint" (arXiv 2502.14837).
    """
    return _basis(_gram(w.k) + _gram(w.v), None, torch.zeros_like(w.o_bias))


def whitened(w: HeadWeights, stats: LayerStatistics) -> Basis:
    """H as in the joint SVD, S the covariance of x.

    SVD-LLM's truncation-aware whitening (arXiv 2403.07378), CARE's (arXiv 2603.17946).
    """
    mean, s = _spread(stats)
    return _basis(_gram(w.k) + _gram(w.v), s, mean)


def balanced(w: HeadWeights, stats: LayerStatistics) -> Basis:
    """As whitened, with keys and values scaled to the same energy E|W x|^2.

    TransMLA's balance (arXiv 2502.07864): otherwise the larger of the two takes the latent.
    """
    mean, s = _spread(stats)
    k, v = _gram(w.k), _gram(w.v)
    return _basis(k / (k * s).sum() + v / (v * s).sum(), s, mean)


def head_aware(w: HeadWeights, stats: LayerStatistics) -> Basis:
    """H = sum_h W_K^T E[w q q^T] W_K / k + E[sum_t p_t^2] W_V^T W_O^T W_O W_V; S about the sink.

    The change of the layer's output to first order, dout = sum_t p_t (q.dk_t W_O(v_t - z) / sqrt(k)
    + W_O dv_t), with errors of different tokens taken as independent. The sink is left out of the
    sums, and the latent is measured from it: its keys and values stay exact.
    """
    k = w.k.repeat_interleave(w.groups, dim=0)
    v = w.v.repeat_interleave(w.groups, dim=0)
    ov = torch.einsum("hdv,hve->hde", w.o, v) * stats.value_weight.sqrt()[:, None, None]
    keys = torch.einsum("hkd,hkl,hle->de", k, stats.query_covariance, k)
    s = about(stats.moment, stats.mean, stats.sink)
    return _basis(keys + _gram(ov), s, stats.sink)


def loss_aware(w: HeadWeights, stats: LayerStatistics) -> Basis:
    """H = E[g g^T], g the gradient of the model's own loss by x through K and V; S about the sink.

    Half of what is lost is then nats, to second order: the Fisher information with its Kronecker
    factors (K-FAC, arXiv 1503.05671), which makes the layers comparable too. In S half of the
    weight goes to the tokens whose gradient is large.
    """
    s = about(stats.moment, stats.mean, stats.sink)
    return _basis(stats.gradient, (s + stats.gradient_weighted_moment) / 2, stats.sink)


def _spread(stats: LayerStatistics) -> tuple[Tensor, Tensor]:
    """Mean and covariance of x over all tokens, the sink among them."""
    share = stats.sink_share
    mean = share * stats.sink + (1 - share) * stats.mean
    at_sink = torch.outer(stats.sink - mean, stats.sink - mean)
    return mean, share * at_sink + (1 - share) * about(stats.moment, stats.mean, mean)


METHODS: dict[str, Method] = {
    "split": split_svd,
    "joint": joint_svd,
    "whitened": whitened,
    "balanced": balanced,
    "head-aware": head_aware,
    "loss-aware": loss_aware,
}
