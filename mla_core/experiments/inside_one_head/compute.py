"""Computes an `Anatomy`: the equations of one head, in float64, each where the paper has it."""

import numpy as np
import torch
from torch import Tensor, nn

from mla_core.attention.layer import AttentionLayer, Mode
from mla_core.attention.recorder import Recorder
from mla_core.experiments import Models
from mla_core.experiments.inside_one_head import Anatomy, Dissect, How, Matrix
from mla_core.inference.tracing import as_trace, encode_prompt, starts_with_bos
from mla_core.models.language_model import LanguageModel


class _Sheet:
    """Matrices in the order of the computation; each method adds one that follows from others."""

    def __init__(self) -> None:
        self.matrices: dict[str, Matrix] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.matrices[name].values

    def _add(
        self, name: str, values: np.ndarray, axes: str, how: How, of: tuple[str, ...], **more: float
    ) -> None:
        rows, _, columns = axes.partition(" ")
        self.matrices[name] = Matrix(values, (rows, columns), how, of, **more)  # type: ignore[arg-type]

    def given(self, name: str, values: Tensor, axes: str, factor: float = 1.0) -> None:
        rows = values.detach().double().cpu().numpy() * factor
        self._add(name, np.atleast_2d(rows), axes, "given", (), factor=factor)

    def linear(self, name: str, left: str, weight: str, axes: str, bias: str | None = None) -> None:
        """left @ weight, plus the bias where the model has one."""
        values = self[left] @ self[weight]
        if bias is None or bias not in self.matrices:
            self._add(name, values, axes, "product", (left, weight))
        else:
            self._add(name, values + self[bias], axes, "product", (left, weight, bias))

    def meeting(self, name: str, queries: str, keys: str, axes: str = "s t") -> None:
        self._add(name, self[queries] @ self[keys].T, axes, "meeting", (queries, keys))

    def sum(self, name: str, of: tuple[str, ...], axes: str) -> None:
        self._add(name, np.sum([self[part] for part in of], axis=0), axes, "sum", of)

    def norm(self, name: str, of: str, module: nn.Module, axes: str) -> None:
        """LayerNorm (with `weight` and `bias`) or RMSNorm (with `weight`)."""
        x = self[of]
        width = axes.partition(" ")[2]
        self.given(f"gain_{name}", module.get_parameter("weight"), f" {width}")
        if isinstance(module, nn.LayerNorm):
            self.given(f"bias_{name}", module.get_parameter("bias"), f" {width}")
            spread = np.sqrt(x.var(axis=1, keepdims=True) + module.eps)
            values = (x - x.mean(axis=1, keepdims=True)) / spread * self[f"gain_{name}"]
            both = (of, f"gain_{name}", f"bias_{name}")
            self._add(name, values + self[both[2]], axes, "layernorm", both, factor=module.eps)
            return
        assert isinstance(module, nn.RMSNorm) and module.eps is not None
        values = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + module.eps)
        gain = f"gain_{name}"
        self._add(name, values * self[gain], axes, "rmsnorm", (of, gain), factor=module.eps)

    def rotated(self, name: str, of: str, axes: str, *, interleaved: bool) -> None:
        """RoPE by the tables `cos` and `sin`: see `attention.rope.rotate`."""
        x, cos, sin = self[of], self["cos"], self["sin"]
        half = x.shape[1] // 2
        first = np.s_[:, 0::2] if interleaved else np.s_[:, :half]
        second = np.s_[:, 1::2] if interleaved else np.s_[:, half:]
        values = np.empty_like(x)
        values[first] = x[first] * cos - x[second] * sin
        values[second] = x[first] * sin + x[second] * cos
        self._add(name, values, axes, "rotated", (of, "cos", "sin"), interleaved=interleaved)

    def attend(self, raw: str, scale: float, values: str, result: str = "z") -> None:
        """Equation 7 (18 in MLA) from q . k on: scale and mask, softmax, the sum of values."""
        future = np.triu(np.ones_like(self[raw], dtype=bool), k=1)
        self._add(
            "scores", np.where(future, np.nan, self[raw] * scale), "s t", "masked", (raw,),
            factor=scale,
        )  # fmt: skip
        odds = np.exp(self["scores"] - np.nanmax(self["scores"], axis=1, keepdims=True))
        pattern = odds / np.nansum(odds, axis=1, keepdims=True)
        self._add("pattern", pattern, "s t", "softmax", ("scores",))
        axes = f"s {self.matrices[values].axes[1]}"
        total = np.nan_to_num(pattern) @ self[values]
        self._add(result, total, axes, "product", ("pattern", values))


def dissect(
    model: LanguageModel, prompt: str, layer: int, head: int, mode: Mode = "naive"
) -> Anatomy:
    """Takes `head` of `layer` apart.

    Args:
        model, prompt: the text is run through the model once, for its residual stream.
        layer, head: which.
        mode: which of the two paths of a latent is written down.

    Raises:
        PromptError: the prompt is empty or too long.
        ValueError: the model has no such head, or its attention is not taken apart here.
    """
    config = model.config
    if not (0 <= layer < config.num_hidden_layers and 0 <= head < config.num_attention_heads):
        raise ValueError(
            f"{model.name} has {config.num_hidden_layers} layers of "
            f"{config.num_attention_heads} heads, and no layer {layer}, head {head}"
        )
    ids = encode_prompt(model, prompt, bos=True)
    recorder = Recorder(["embedding", "position", "residual", "pattern", "z"])
    with torch.inference_mode():
        model(torch.tensor([ids], device=model.device), record=recorder)
    run = {name: [x[0] for x in layers] for name, layers in recorder.layers.items()}
    norm, attention = model.sublayer(layer)

    sheet = _Sheet()
    sheet.given("embedding", run["embedding"][0], "s d")
    before = ["embedding"]
    if run["position"]:
        sheet.given("position", run["position"][0], "s d")
        before.append("position")
    if layer:
        start = sum(run[name][0].double() for name in before)
        sheet.given("earlier", run["residual"][layer].double() - start, "s d")
        before.append("earlier")
    sheet.sum("residual", tuple(before), "s d")
    sheet.norm("x", "residual", norm, "s d")
    for name, table in zip(("cos", "sin"), model.rotation(len(ids)) or (), strict=False):
        sheet.given(name, table, "s ")
    rest = _Sheet()
    rest.matrices.update(sheet.matrices)
    attention.derive(sheet, head, mode)
    heads = [_z(rest, attention, other, mode) for other in range(config.num_attention_heads)]
    width = sheet["z"].shape[1]
    sheet._add("concat", np.hstack(heads), "s hv", "beside", ("z",), offset=head * width)
    w_o, b_o = attention.output_weights()
    scale = model.residual_scale  # a factor on what is added is a factor on W_O
    sheet.given("W_O", w_o, "hv d", scale)
    if b_o is not None:
        sheet.given("b_O", b_o, " d", scale)
    sheet.linear("out", "concat", "W_O", "s d", "b_O")  # (8), (19)
    sheet.sum("residual_after", ("residual", "out"), "s d")

    own = run["pattern"][layer][head].double().cpu().numpy()
    difference = np.abs(np.nan_to_num(sheet["pattern"]) - own).max()
    trace = as_trace(model, ids, {}, has_bos=starts_with_bos(model))
    return Anatomy(trace, layer, head, sheet.matrices, float(difference))


def _z(start: _Sheet, attention: AttentionLayer, head: int, mode: Mode) -> np.ndarray:
    """(s, v) what another head adds, in the same way."""
    sheet = _Sheet()
    sheet.matrices.update(start.matrices)
    attention.derive(sheet, head, mode)
    return sheet["z"]


def take_apart(asked: Dissect, models: Models) -> Anatomy:
    mode: Mode = "absorbed" if asked.absorbed else "naive"
    return dissect(models.model(asked.model), asked.prompt, asked.layer, asked.head, mode)


COMPUTE = {Dissect: take_apart}
