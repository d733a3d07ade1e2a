"""Computes `Moved` and `Entangled`: the same text with other position tables."""

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import rotary_table, rotate
from mla_core.attention.rope_config import RopeConfig
from mla_core.experiments import Models
from mla_core.experiments.inside_one_head import Dissect
from mla_core.experiments.position import (
    DISTANCES,
    LISTED,
    SHIFTS,
    Entangle,
    Entangled,
    Move,
    Moved,
)
from mla_core.inference.tracing import encode_prompt, starts_with_bos, trace_ids

SCORES_BYTES = 128 * 2**20  # of all heads at all shifts; a large model is moved by fewer
FEWEST = 3  # shifts, whatever they take


def move(asked: Move, models: Models) -> Moved:
    """Runs the text once at each shift, and once without positions.

    Raises:
        PromptError: the prompt is empty or too long.
    """
    model = models.model(asked.model)
    ids = encode_prompt(model, asked.prompt, bos=True)
    room = model.config.max_position_embeddings - len(ids)
    heads = model.config.num_hidden_layers * model.config.num_attention_heads
    many = max(FEWEST, SCORES_BYTES // (4 * heads * len(ids) ** 2))
    shifts = tuple(shift for shift in SHIFTS if shift <= room)[:many]
    tokens = torch.tensor([ids], device=model.device)

    def run(shift: int | None) -> tuple[np.ndarray, np.ndarray]:
        recorder = Recorder(["scores"])
        table = model.without_positions() if shift is None else model.positions_moved(shift)
        with torch.inference_mode():
            logits = functional_call(model, table, (tokens,), {"record": recorder})[0, -1]
        scores = torch.cat(recorder.layers["scores"])
        return scores.float().cpu().numpy(), logits.float().softmax(-1).cpu().numpy()

    scores, following = zip(*(run(shift) for shift in (*shifts, None)), strict=True)
    listed = np.unique(np.argsort(-np.stack(following), axis=1)[:, :LISTED])
    chances = np.stack(following)[:, listed]
    names = ("pattern", "content_scores", "rope_scores", "k_rope")
    return Moved(
        trace=trace_ids(model, ids, has_bos=starts_with_bos(model), record=names),
        shifts=shifts,
        scores=np.stack(scores[:-1]),
        scores_off=scores[-1],
        next_ids=listed,
        next=chances[:-1],
        next_off=chances[-1],
    )


def entangle(asked: Entangle, models: Models) -> Entangled:
    """Absorbs a rotated key, for one distance and for each."""
    anatomy = models.answer(Dissect(asked.model, asked.prompt, asked.layer, asked.head))
    parts = {name: torch.tensor(m.values) for name, m in anatomy.matrices.items()}
    content = "q_nope" if "q_nope" in parts else "q"  # a converted GPT-2's keys are all content
    query, w_uk, c_kv = parts[content][-1], parts["W_UK"].T, parts["c_kv"]
    rope = anatomy.trace.config.rope or RopeConfig()
    t, n = len(c_kv), len(query)
    cos, sin = (x.double() for x in rotary_table(max(t, max(DISTANCES) + 1), n, rope))

    def turned(x: Tensor, positions: list[int]) -> Tensor:
        return rotate(x, cos[positions], sin[positions], interleaved=False)

    def absorbed(distances: list[int]) -> Tensor:
        # (R_i q) . (R_j k) = (R_{i-j} q) . k
        return turned(query.expand(len(distances), -1), distances) @ w_uk

    here = list(range(t))
    keys = turned(c_kv @ w_uk.T, here)
    away = [t - 1 - j for j in here]
    return Entangled(
        distances=DISTANCES,
        queries=absorbed(list(DISTANCES)).numpy(),
        scores=(keys @ turned(query[None], [t - 1])[0]).numpy(),
        absorbed_each=(absorbed(away) * c_kv).sum(-1).numpy(),
        absorbed_one=(c_kv @ absorbed([0])[0]).numpy(),
    )


COMPUTE = {Move: move, Entangle: entangle}
