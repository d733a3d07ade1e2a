"""Computes an `Anatomy`: the equations of one head, in float64, each where the paper has it."""

import numpy as np
import torch
from torch import Tensor, nn

from mla_core.attention.converted import BiasedLatentAttention, RotatedLatentAttention
from mla_core.attention.latent import MultiHeadLatentAttention
from mla_core.attention.recorder import Recorder
from mla_core.experiments import Models
from mla_core.experiments.inside_one_head import Anatomy, Dissect, How, Matrix
from mla_core.inference.tracing import as_trace, encode_prompt, starts_with_bos
from mla_core.models import gpt2
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

    def meeting(self, name: str, queries: str, keys: str) -> None:
        self._add(name, self[queries] @ self[keys].T, "s t", "meeting", (queries, keys))

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

    def attend(self, raw: str, scale: float, values: str) -> None:
        """Equation 7 (18 in MLA) from q . k on: scale and mask, softmax, the sum of values."""
        future = np.triu(np.ones_like(self[raw], dtype=bool), k=1)
        self._add(
            "scores", np.where(future, np.nan, self[raw] * scale), "s t", "masked", (raw,),
            factor=scale,
        )  # fmt: skip
        odds = np.exp(self["scores"] - np.nanmax(self["scores"], axis=1, keepdims=True))
        pattern = odds / np.nansum(odds, axis=1, keepdims=True)
        self._add("pattern", pattern, "s t", "softmax", ("scores",))
        z = np.nan_to_num(pattern) @ self[values]
        self._add("z", z, "s v", "product", ("pattern", values))


def _part(weight: Tensor, index: int, width: int) -> Tensor:
    """The rows of one head, as columns: (width * heads, d) -> (d, width)."""
    return weight[index * width : (index + 1) * width].T


def _linear(sheet: _Sheet, name: str, module: nn.Linear, index: int, width: int, axes: str) -> None:
    """W_name and b_name: one head's share of a linear layer."""
    sheet.given(f"W_{name}", _part(module.weight, index, width), axes)
    if module.bias is not None:
        bias = module.bias[index * width : (index + 1) * width]
        sheet.given(f"b_{name}", bias, f" {axes.partition(' ')[2]}")


def _gpt2(sheet: _Sheet, own: gpt2.Attention, head: int) -> None:
    """Equations 1-3: MHA with biases, positions inside X."""
    width = own.c_attn.weight.shape[0] // own.num_heads
    for part, name in enumerate("QKV"):
        index = part * own.num_heads + head
        columns = slice(index * width, (index + 1) * width)
        letter = "v" if name == "V" else "k"
        sheet.given(f"W_{name}", own.c_attn.weight[:, columns], f"d {letter}")
        sheet.given(f"b_{name}", own.c_attn.bias[columns], f" {letter}")
        rows = "s" if name == "Q" else "t"
        sheet.linear(name.lower(), "x", f"W_{name}", f"{rows} {letter}", f"b_{name}")
    sheet.meeting("raw", "q", "k")
    sheet.attend("raw", own.scale, "v")


def _llama(sheet: _Sheet, own: nn.Module, head: int, groups: int, width: int, scale: float) -> None:
    """Equations 1-3 with RoPE on queries and keys: MHA, GQA, MQA."""
    q, k, v = (own.get_submodule(f"{name}_proj") for name in "qkv")
    assert isinstance(q, nn.Linear) and isinstance(k, nn.Linear) and isinstance(v, nn.Linear)
    shared = head // groups
    _linear(sheet, "Q", q, head, width, "d k")
    _linear(sheet, "K", k, shared, width, "d k")
    _linear(sheet, "V", v, shared, width, "d v")
    for name, rows in (("q", "s"), ("k", "t")):
        weight = name.upper()
        sheet.linear(f"{name}_unrotated", "x", f"W_{weight}", f"{rows} k", f"b_{weight}")
        sheet.rotated(name, f"{name}_unrotated", f"{rows} k", interleaved=False)
    sheet.linear("v", "x", "W_V", "t v", "b_V")
    sheet.meeting("raw", "q", "k")
    sheet.attend("raw", scale, "v")


def _mla(sheet: _Sheet, own: MultiHeadLatentAttention, head: int) -> None:
    """Equations 9-18 and 37-46, the naive path."""
    n, r, c = own.n, own.r, own.kv_lora_rank
    down = own.kv_a_proj_with_mqa
    for name, rows, letter in (("DKV", slice(0, c), "c"), ("KR", slice(c, c + r), "r")):
        sheet.given(f"W_{name}", down.weight[rows].T, f"d {letter}")
        if down.bias is not None:
            sheet.given(f"b_{name}", down.bias[rows], f" {letter}")
    sheet.linear("c_raw", "x", "W_DKV", "t c", "b_DKV")
    sheet.norm("c_kv", "c_raw", own.kv_a_layernorm, "t c")  # (9)
    sheet.linear("k_rope_unrotated", "x", "W_KR", "t r", "b_KR")
    sheet.rotated("k_rope", "k_rope_unrotated", "t r", interleaved=own.rope_interleave)  # (15)

    source, letter = "x", "d"
    if own.q_lora_rank is None:
        queries = own.q_proj.weight
    else:
        _linear(sheet, "DQ", own.q_a_proj, 0, own.q_lora_rank, "d q")
        sheet.linear("c_q_raw", "x", "W_DQ", "s q", "b_DQ")
        sheet.norm("c_q", "c_q_raw", own.q_a_layernorm, "s q")  # (12)
        source, letter, queries = "c_q", "q", own.q_b_proj.weight
    ours = _part(queries, head, n + r)
    sheet.given("W_UQ", ours[:, :n], f"{letter} n")
    sheet.given("W_QR", ours[:, n:], f"{letter} r")
    sheet.linear("q_nope", source, "W_UQ", "s n")  # (13)
    sheet.linear("q_rope_unrotated", source, "W_QR", "s r")
    sheet.rotated("q_rope", "q_rope_unrotated", "s r", interleaved=own.rope_interleave)  # (14)

    w_uk, w_uv = own.up_projections()
    sheet.given("W_UK", w_uk[head].T, "c n")
    sheet.given("W_UV", w_uv[head].T, "c v")
    sheet.linear("k_nope", "c_kv", "W_UK", "t n")  # (10)
    sheet.linear("v", "c_kv", "W_UV", "t v")  # (11)
    sheet.meeting("content", "q_nope", "k_nope")
    sheet.meeting("position_scores", "q_rope", "k_rope")
    sheet.sum("raw", ("content", "position_scores"), "s t")  # (16)-(17)
    sheet.attend("raw", own.scale, "v")  # (18)


def _biased(sheet: _Sheet, own: BiasedLatentAttention, head: int) -> None:
    """A converted GPT-2: a latent with a bias, no rope key."""
    _linear(sheet, "DKV", own.kv_a_proj, 0, own.kv_lora_rank, "d c")
    sheet.linear("c_kv", "x", "W_DKV", "t c", "b_DKV")
    _linear(sheet, "Q", own.q_proj, head, own.n, "d k")
    sheet.linear("q", "x", "W_Q", "s k", "b_Q")
    w_uk, w_uv = own.up_projections()
    sheet.given("W_UK", w_uk[head].T, "c k")
    sheet.given("W_UV", w_uv[head].T, "c v")
    sheet.linear("k", "c_kv", "W_UK", "t k")
    sheet.linear("v", "c_kv", "W_UV", "t v")
    sheet.meeting("raw", "q", "k")
    sheet.attend("raw", own.scale, "v")


def _one_head(sheet: _Sheet, model: LanguageModel, attention: nn.Module, head: int) -> None:
    config = model.config
    if isinstance(attention, gpt2.Attention):
        _gpt2(sheet, attention, head)
    elif isinstance(attention, MultiHeadLatentAttention):
        _mla(sheet, attention, head)
    elif isinstance(attention, BiasedLatentAttention):
        _biased(sheet, attention, head)
    elif isinstance(attention, RotatedLatentAttention):
        raise ValueError(f"the heads of {model.name} are not taken apart here: choose another")
    else:
        groups = config.num_attention_heads // config.num_key_value_heads
        _llama(sheet, attention, head, groups, config.head_dim, config.head_dim**-0.5)


def output_weights(module: nn.Module) -> tuple[Tensor, Tensor | None]:
    """W_O as (hv, d), and its bias, from `LanguageModel.output_projection`."""
    if isinstance(module, gpt2.Conv1D):
        return module.weight, module.bias
    assert isinstance(module, nn.Linear)
    return module.weight.T, module.bias


def dissect(model: LanguageModel, prompt: str, layer: int, head: int) -> Anatomy:
    """Takes `head` of `layer` apart.

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
    for name, table in zip(("cos", "sin"), model.rope_tables or (), strict=False):
        sheet.given(name, model.get_buffer(table)[: len(ids)], "s ")
    rest = _Sheet()
    rest.matrices.update(sheet.matrices)
    _one_head(sheet, model, attention, head)
    heads = [_z(rest, model, attention, other) for other in range(config.num_attention_heads)]
    width = sheet["z"].shape[1]
    sheet._add("concat", np.hstack(heads), "s hv", "beside", ("z",), offset=head * width)
    w_o, b_o = output_weights(model.output_projection(layer))
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


def _z(start: _Sheet, model: LanguageModel, attention: nn.Module, head: int) -> np.ndarray:
    """(s, v) what another head adds, in the same way."""
    sheet = _Sheet()
    sheet.matrices.update(start.matrices)
    _one_head(sheet, model, attention, head)
    return sheet["z"]


def take_apart(asked: Dissect, models: Models) -> Anatomy:
    return dissect(models.model(asked.model), asked.prompt, asked.layer, asked.head)


COMPUTE = {Dissect: take_apart}
