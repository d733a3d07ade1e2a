"""The wall: every head of two models, each pattern a tile, and the chosen one large."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from mla_core.experiments.every_head.ablation import Ablation
from mla_core.experiments.every_head.kinds import KINDS, kind_scores, kinds
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.components import bytes64, script, source, style
from ui.figures import palette
from ui.show.labels import about_model, token_name, token_texts
from ui.state.url import View
from ui.words.en import common
from ui.words.en import every_head as words

_mount = st.components.v2.component(
    "mla_explorer_wall",
    html=source("every_head", "every_head.html"),
    css=style("every_head"),
    js=script("every_head"),
)


def wall_side(
    trace: Trace, ablation: Ablation | None, tokenizer: Tokenizer, source: str, shown: range
) -> dict[str, Any]:
    """What the wall needs of one model.

    Args:
        shown: its layers to draw.
        trace: with its pattern, perhaps with generated tokens, which are left out.
        ablation: what each head does for the next token, once it is measured.
        source: where the numbers come from, in a few words.
    """
    n = trace.prompt_length
    pattern = trace.pattern[shown.start : shown.stop, :, :n, :n]
    rows, columns = np.tril_indices(n)
    scores = kind_scores(pattern, trace.token_ids[:n])
    layers, heads = pattern.shape[:2]
    side: dict[str, Any] = {
        "model": trace.model,
        "title": about_model(trace.config)["title"],
        "colour": palette.of_model(trace.model),
        "source": source,
        "tokens": token_texts(trace)[:n],
        "first": shown.start,
        "layers": layers,
        "heads": heads,
        "packed": bytes64(pattern[:, :, rows, columns]),
        "scores": bytes64(np.stack([scores[kind] for kind in KINDS[:-1]])),
        "kinds": kinds(scores).ravel().tolist(),
        "change": None,
    }
    if ablation is not None:
        side |= {
            "change": bytes64(ablation.change[shown.start : shown.stop]),
            "next": token_name(ablation.token_id, tokenizer, trace.config),
            "probability": ablation.probability,
        }
    return side


def wall(
    sides: list[dict[str, Any]],
    *,
    headline: str,
    corresponds: bool,
    origin: tuple[list[tuple[int, int]], int],
    view: View,
    measured: bool = True,
    on_head: Callable[[], None],
    on_option: Callable[[], None],
    on_enter: Callable[[], None],
) -> Any:
    """Draws the wall.

    Args:
        sides: from `wall_side`.
        headline: what the most interesting head of this text does.
        corresponds: whether equal heads of both models are the same head, so that their
            difference means something.
        origin: (the heads to choose, one a side, counted from the first layer that is drawn; a
            number that forces a jump to them).
        measured: whether what each head does for the next token is, or will be.
        on_head, on_option, on_enter: read `st.session_state["wall"]` for `.head` and `.enter`
            (model, layer, head) and `.option` (name, value).
    """
    data = {
        "sides": sides,
        "headline": headline,
        "corresponds": corresponds,
        "chosen": [list(head) for head in origin[0]],
        "jump": origin[1],
        "hideFirst": not view.first_token,
        "orders": list(common.ORDERS.items()),
        "order": view.order,
        "kind": view.kind,
        "kindNames": [[kind, common.KINDS[kind]] for kind in KINDS],
        "shareNames": words.KIND_SHARES,
        "compares": list(common.COMPARES.items()),
        "compare": view.compare if corresponds else "patterns",
        "words": words.WALL
        | {"sinkHelp": common.SINK_HELP}
        | ({} if measured else {"measuring": words.NOT_MEASURED_HERE}),
        "colours": {
            "weights": palette.WEIGHTS,
            "signed": palette.SIGNED,
            "pattern": palette.PATTERN,
        },
    }
    return _mount(
        key="wall",
        data=data,
        on_head_change=on_head,
        on_option_change=on_option,
        on_enter_change=on_enter,
    )
