"""Computes `Paths`: one decode step, naive and absorbed, counted and compared."""

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mla_core.attention.latent import LatentAttention
from mla_core.attention.layer import Mode
from mla_core.attention.recorder import Recorder
from mla_core.experiments import Models
from mla_core.experiments.absorption import Absorb, Paths
from mla_core.inference.tracing import as_trace, encode_prompt, starts_with_bos
from mla_core.models.language_model import LanguageModel

RECORDED = ("q", "c_kv", "k", "k_rope", "content_scores", "pattern", "z")


def _step(
    model: LanguageModel, ids: list[int], layer: int, mode: Mode
) -> tuple[dict[str, Tensor], Tensor]:
    """The last token over a cache of the others: what the layer left behind, and logits (w,)."""
    cache = model.new_cache()
    if ids[:-1]:
        model(torch.tensor([ids[:-1]], device=model.device), cache=cache)
    recorder = Recorder(RECORDED)
    new = torch.tensor([ids[-1:]], device=model.device)
    logits = model(new, cache=cache, record=recorder, mode=mode)[0, -1]
    return {name: x[layer][0] for name, x in recorder.layers.items() if x}, logits


def _multiply_adds(attention: LatentAttention, run: dict[str, Tensor], mode: Mode) -> int:
    """Of one path through the layer, as torch counts them while it runs."""
    q, c_kv = run["q"][None], run["c_kv"][None]
    k_rope = run["k_rope"][None] if attention.r else c_kv[..., :0]
    path = attention.naive if mode == "naive" else attention.absorbed
    with FlopCounterMode(display=False) as counter:
        path(q[..., : attention.n], q[..., attention.n :], c_kv, k_rope)
    return int(counter.get_total_flops()) // 2  # it counts a multiply-add as two


@torch.inference_mode()
def both_paths(model: LanguageModel, prompt: str, layer: int, head: int) -> Paths:
    """Decodes the last token of a text on both paths.

    Raises:
        PromptError: the prompt is empty or too long.
        ValueError: the layer has no absorbed path.
    """
    attention = model.latent_attention(layer)
    ids = encode_prompt(model, prompt, bos=True)
    naive, logits = _step(model, ids, layer, "naive")
    absorbed, other_logits = _step(model, ids, layer, "absorbed")

    w_uk, w_uv = (w[head] for w in attention.up_projections())
    w_o = attention.output_weights()[0]  # (hv, d)
    w_oh = w_o.unflatten(0, (attention.num_heads, -1))[head]  # (v, d)
    q_nope, c_kv = naive["q"][head, 0, : attention.n], naive["c_kv"]
    pattern = naive["pattern"][head, 0]
    z_naive, z_absorbed = (run["z"][:, 0] for run in (naive, absorbed))  # (h, v)
    arrays = {
        "q_nope": q_nope,
        "q_latent": q_nope @ w_uk,
        "c_kv": c_kv,
        "k_nope": naive["k"][head, :, : attention.n],
        "content_naive": naive["content_scores"][head, 0],
        "content_absorbed": absorbed["content_scores"][head, 0],
        "pattern": pattern,
        "z_latent": pattern @ c_kv,
        "z_naive": z_naive[head],
        "z_absorbed": z_absorbed[head],
        "out_naive": z_naive[head] @ w_oh,
        "out_absorbed": z_absorbed[head] @ w_oh,
        "out_merged": (pattern @ c_kv) @ (w_uv.T @ w_oh),
    }
    differences = {
        "layer_difference": (z_naive - z_absorbed).flatten() @ w_o,
        "largest_output": z_naive.flatten() @ w_o,
        "logit_difference": logits - other_logits,
        "largest_logit": logits,
    }
    kept = [naive[name] for name in ("c_kv", "k_rope") if name in naive]
    rebuilt = (attention.n + attention.v) * attention.num_heads * len(ids)
    counts = {
        "macs_naive": _multiply_adds(attention, naive, "naive"),
        "macs_absorbed": _multiply_adds(attention, naive, "absorbed"),
        "cache_values": sum(x.numel() for x in kept),
        "rebuilt_values": rebuilt,
    }
    return Paths(
        trace=as_trace(model, ids, {}, has_bos=starts_with_bos(model)),
        layer=layer,
        head=head,
        arrays={name: x.float().cpu().numpy() for name, x in arrays.items()},
        counts=counts,
        differences={name: x.abs().max().item() for name, x in differences.items()},
    )


def absorb(asked: Absorb, models: Models) -> Paths:
    return both_paths(models.model(asked.model), asked.prompt, asked.layer, asked.head)


COMPUTE = {Absorb: absorb}
