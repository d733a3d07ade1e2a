"""How an attention layer writes down the equations of one of its heads, for whoever draws them."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Derivation(Protocol):
    """A sheet of named matrices; each call adds one that follows from others.

    Axes are written in the letters of `mla_core`: "s d" is a row a query and a column a dimension,
    " d" a single row. There from the start: `x`, the normalised input, and where the model rotates
    `cos` and `sin`. An attention goes through `attend`, which makes `scores` and `pattern`, and ends
    with `z`.
    """

    def given(self, name: str, values: Tensor, axes: str, factor: float = 1.0) -> None:
        """A weight, times a factor."""

    def linear(self, name: str, left: str, weight: str, axes: str, bias: str | None = None) -> None:
        """left @ weight, plus the bias where the sheet has one of that name."""

    def meeting(self, name: str, queries: str, keys: str, axes: str = "s t") -> None:
        """Each row with each row: queries with keys, or a query with a weight it is moved through."""

    def sum(self, name: str, of: tuple[str, ...], axes: str) -> None:
        """Of all of them."""

    def norm(self, name: str, of: str, module: nn.Module, axes: str) -> None:
        """LayerNorm or RMSNorm."""

    def rotated(self, name: str, of: str, axes: str, *, interleaved: bool) -> None:
        """RoPE by `cos` and `sin`: see `attention.rope.rotate`."""

    def attend(self, raw: str, scale: float, values: str, result: str = "z") -> None:
        """Equation 7 (18 in MLA) from q . k on; `result` is the sum of what stands in `values`."""


def head_columns(weight: Tensor, index: int, width: int) -> Tensor:
    """(heads * width, d) -> (d, width): the rows of one head, as columns."""
    return weight[index * width : (index + 1) * width].T


def given_linear(
    sheet: Derivation, name: str, module: nn.Linear, index: int, width: int, axes: str
) -> None:
    """W_name and b_name: one head's share of a linear layer."""
    sheet.given(f"W_{name}", head_columns(module.weight, index, width), axes)
    if module.bias is not None:
        bias = module.bias[index * width : (index + 1) * width]
        sheet.given(f"b_{name}", bias, f" {axes.partition(' ')[2]}")
