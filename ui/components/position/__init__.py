"""Where order comes in: scores in two parts, the text elsewhere, and RoPE on the whole key."""

from typing import Any

import numpy as np

from mla_core.experiments.position import Entangled, Moved
from mla_core.models.tokenizer import Tokenizer
from ui.components import On, bytes64, component
from ui.figures import palette
from ui.show.labels import about_model, token_name, token_texts
from ui.state.url import View
from ui.words.en import position as words

mount = component("position")


def side(moved: Moved, head: tuple[int, int], tokenizer: Tokenizer) -> dict[str, Any]:
    """One model at every position: the scores of a head, and what comes next."""
    config = moved.trace.config
    layer, number = head
    return {
        "title": about_model(config)["title"],
        "model": moved.trace.model,
        "layer": layer,
        "head": number,
        "colour": palette.of_model(moved.trace.model),
        "scores": bytes64(moved.scores[:, layer, number]),
        "off": bytes64(moved.scores_off[layer, number]),
        "nextTokens": [token_name(int(i), tokenizer, config) for i in moved.next_ids],
        "next": bytes64(moved.next),
        "nextOff": bytes64(moved.next_off),
        "says": words.MOVED["learned" if config.rope is None else "rotated"],
    }


def parts(moved: Moved, head: tuple[int, int]) -> list[dict[str, Any]]:
    """The scores of a head and, where it has a rope key, what they are the sum of."""
    named = [("scores", palette.PATTERN, moved.scores[0])]
    if "rope_scores" in moved.trace.arrays:
        content, rope = moved.trace.content_scores, moved.trace.rope_scores
        named = [("content", palette.LATENT, content), ("rope", palette.ROPE_KEY, rope), *named]
    return [
        {"title": words.SCORE_PARTS[name], "colour": colour, "values": bytes64(values[head])}
        for name, colour, values in named
    ]


def shared_says(moved: Moved, head: tuple[int, int]) -> list[str]:
    """What the picture of the parts tells, from the data."""
    config = moved.trace.config
    if "rope_scores" not in moved.trace.arrays:
        return [words.NO_ROPE_KEY.format(model=moved.trace.model)]
    seen = np.tril(np.ones(moved.scores.shape[-2:], dtype=bool))
    spread = [
        float(np.std(values[head][seen]))
        for values in (moved.trace.content_scores, moved.trace.rope_scores)
    ]
    return [
        words.ROPE_KEY_SAYS.format(
            tokens=len(moved.trace.tokens), r=config.qk_rope_head_dim,
            heads=config.num_attention_heads,
        ),
        words.SPREAD_SAYS.format(content=spread[0], rope=spread[1]),
    ]  # fmt: skip


def position(
    moved: list[Moved],
    heads: list[tuple[int, int]],
    entangled: Entangled | None,
    *,
    tokenizer: Tokenizer,
    view: View,
    source: str,
    on: On,
) -> None:
    """Draws the page.

    Args:
        moved: ordinary attention, then the latent one; the parts are the latter's.
        heads: one for each.
        entangled: of the latter's head; None where the model cannot be taken apart.
        view: the shift (drawn is the run that comes nearest), whether there are positions at all.
        on: "head" ([model, layer, head]), "option" ([name, value], "shift" and "positions" among
            them).
    """
    latent, head = moved[-1], heads[-1]
    trace = latent.trace
    rope_key = trace.arrays.get("k_rope")
    shifts = min((one.shifts for one in moved), key=len)
    data = {
        "model": trace.model,
        "tokens": token_texts(trace, tokenizer),
        "layers": trace.config.num_hidden_layers,
        "heads": trace.config.num_attention_heads,
        "layer": head[0],
        "head": head[1],
        "headline": words.POSITION_HEADLINE[rope_key is not None],
        "hideFirst": not view.first_token,
        "parts": parts(latent, head),
        "ropeKey": None if rope_key is None else bytes64(rope_key[head[0]]),
        "ropeDim": trace.config.qk_rope_head_dim,
        "sharedSays": shared_says(latent, head),
        "shifts": list(shifts),
        "shift": view.shift,
        "positions": view.positions,
        "sides": [side(one, at, tokenizer) for one, at in zip(moved, heads, strict=True)],
        "entangled": entangled
        and {
            "distances": list(entangled.distances),
            "queries": bytes64(entangled.queries),
            "scores": bytes64(entangled.scores),
            "each": bytes64(entangled.absorbed_each),
            "one": bytes64(entangled.absorbed_one),
        },
        "source": source,
        "words": words.POSITION_STAGE,
        "colours": {"signed": palette.SIGNED, "rope": palette.ROPE_KEY},
    }
    mount(key="position", data=data, on=on)
