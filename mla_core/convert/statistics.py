"""What a model does with calibration text, layer by layer, in one pass: all that the methods need.

Position 0 is kept apart. Whatever token stands there, it is the attention sink: its input is
nearly the same vector in every text, and far from all others.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from mla_core.attention.head_weights import HeadWeights
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation, rotate
from mla_core.models.language_model import LanguageModel


@dataclass
class LayerStatistics:
    """Means over the calibration tokens of one layer, float32; x is the input of its attention.

    Attributes:
        sink: E[x] at position 0. sink_share: how many of all tokens stand there.
        mean, moment: E[x], E[x x^T] over all later positions.
        query_covariance: for each head E[w q q^T] / k: a query counts by how much a wrong score
            would change the head's output, w = sum_t p_t^2 |W_O (v_t - z)|^2, without the sink;
            rotated back to the keys' positions where the model rotates.
        value_weight: for each head E[sum_t p_t^2], without the sink.
        gradient: E[g g^T], where g is the gradient of log p(next token) with respect to what the
            keys and values of this layer make of x (tokens drawn from the model itself).
        gradient_weighted_moment: E[|g|^2 (x - sink)(x - sink)^T] / E[|g|^2].
    """

    sink: Float[Tensor, " d"]
    sink_share: Float[Tensor, ""]
    mean: Float[Tensor, " d"]
    moment: Float[Tensor, "d d"]
    query_covariance: Float[Tensor, "h k k"]
    value_weight: Float[Tensor, " h"]
    gradient: Float[Tensor, "d d"]
    gradient_weighted_moment: Float[Tensor, "d d"]


def collect(
    model: LanguageModel,
    rows: Sequence[Sequence[int]],
    after_row: Callable[[], None] = lambda: None,
) -> list[LayerStatistics]:
    """One forward and one backward pass over each row of token ids.

    Args:
        rows: token ids; the first of each is the sink.
        after_row: called after each, for progress.
    """
    generator = torch.Generator(model.device).manual_seed(0)
    layers = [_Sums(model.head_weights(i)) for i in range(model.config.num_hidden_layers)]
    for row in rows:
        ids = torch.tensor([row], device=model.device)
        recorder = Recorder(["x", "q", "k_unrotated", "v", "z", "pattern"])
        with _differentiable(model):
            log_p = model(ids, record=recorder)[0].log_softmax(-1)
            drawn = torch.multinomial(log_p.detach().exp(), 1, generator=generator)
            recorded = recorder.layers
            kv = [*recorded["k_unrotated"], *recorded["v"]]
            gradients = torch.autograd.grad(log_p.gather(1, drawn).sum(), kv)
        angles = model.rotation(len(row))
        for i, sums in enumerate(layers):
            one = {name: tensors[i].detach()[0] for name, tensors in recorded.items()}
            sums.add(one, angles)
            sums.add_gradient(one["x"], gradients[i][0], gradients[len(layers) + i][0])
        after_row()
    return [sums.means() for sums in layers]


@contextmanager
def _differentiable(model: LanguageModel) -> Iterator[None]:
    """Lets gradients reach the keys and values: everything hangs on the token embedding."""
    embedding = model.token_embedding
    was = embedding.requires_grad
    embedding.requires_grad_(True)
    try:
        with torch.enable_grad():
            yield
    finally:
        embedding.requires_grad_(was)


class _Sums:
    """Running sums of one layer, in float64 (products of one text in the model's precision)."""

    def __init__(self, weights: HeadWeights) -> None:
        self.weights = weights
        self.texts = self.tokens = 0
        self.total: dict[str, Tensor] = {}

    def add(self, one: dict[str, Tensor], angles: Rotation | None) -> None:
        """One text: x, q, v, z and pattern of this layer."""
        x, w = one["x"], self.weights
        self.texts += 1
        self.tokens += len(x)
        self._put(sink=x[0], sum=x[1:].sum(0), moment=x[1:].T @ x[1:])

        # p_st^2 without the sink, and how far v_t lies from the mean z_s, behind W_O
        squared = one["pattern"].square()
        squared[..., 0] = 0
        v = one["v"].repeat_interleave(w.groups, dim=0)
        metric = torch.einsum("hdv,hdu->hvu", w.o, w.o).to(x.dtype)
        mv, mz = v @ metric, one["z"] @ metric
        apart = (mv * v).sum(-1)[:, None, :] + (mz * one["z"]).sum(-1)[:, :, None]
        apart = (apart - 2 * one["z"] @ mv.transpose(1, 2)).clamp(min=0)
        self._put(queries=_query_moment(one["q"], squared * apart, angles))
        self._put(value_weight=squared.sum((1, 2)))

    def add_gradient(
        self,
        x: Float[Tensor, "s d"],
        k_gradient: Float[Tensor, "g s k"],
        v_gradient: Float[Tensor, "g s v"],
    ) -> None:
        """The gradient of x, by the keys and values alone."""
        w = self.weights
        g = torch.einsum("gsk,gkd->sd", k_gradient, w.k.to(x.dtype))
        g = (g + torch.einsum("gsv,gvd->sd", v_gradient, w.v.to(x.dtype)))[1:]
        size = g.square().sum(-1, keepdim=True)
        later = x[1:]
        self._put(
            gradient=g.T @ g,
            gradient_size=size.sum(),
            gradient_weighted_sum=(size * later).sum(0),
            gradient_weighted_moment=(size * later).T @ later,
        )

    def _put(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.total[name] = self.total.get(name, 0) + value.double()

    def means(self) -> LayerStatistics:
        total, n, body = self.total, self.tokens, self.tokens - self.texts
        sink = total["sink"] / self.texts
        size = total["gradient_size"]
        weighted_mean = total["gradient_weighted_sum"] / size
        weighted_moment = total["gradient_weighted_moment"] / size
        exact = LayerStatistics(
            sink=sink,
            sink_share=sink.new_tensor(self.texts / n),
            mean=total["sum"] / body,
            moment=total["moment"] / body,
            query_covariance=total["queries"] / n / total["queries"].shape[-1],
            value_weight=total["value_weight"] / n,
            gradient=total["gradient"] / body,
            gradient_weighted_moment=about(weighted_moment, weighted_mean, sink),
        )
        return LayerStatistics(**{name: x.float() for name, x in vars(exact).items()})


def about(
    moment: Float[Tensor, "d d"], mean: Float[Tensor, " d"], point: Float[Tensor, " d"]
) -> Float[Tensor, "d d"]:
    """E[(x - point)(x - point)^T] from E[x x^T] and E[x]."""
    cross = torch.outer(mean, point)
    return moment - cross - cross.T + torch.outer(point, point)


def _query_moment(
    q: Float[Tensor, "h s k"],
    weight: Float[Tensor, "h s t"],
    angles: Rotation | None,
) -> Float[Tensor, "h k k"]:
    """sum over s and t of weight q q^T, with q as the unrotated key t meets it.

    A rotated query meets R_t k_t, so k_t meets R_t^T q: its outer product is turned back by t.
    """
    if angles is None:
        return torch.einsum("hs,hsi,hsj->hij", weight.sum(2), q, q)
    outer = torch.einsum("hsi,hsj->hsij", q, q)
    met = torch.einsum("hst,hsij->hitj", weight, outer)
    cos, sin = angles
    met = rotate(met, cos, -sin, interleaved=False).permute(0, 3, 2, 1)  # h j t i
    return rotate(met, cos, -sin, interleaved=False).sum(2)
