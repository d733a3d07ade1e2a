"""Every head of two models, each pattern a tile, and the chosen one large."""

from typing import Any

import numpy as np

from mla_core.experiments.every_head import Ablation
from mla_core.experiments.every_head.kinds import KINDS, kind_scores, kinds
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.components import On, bytes64, component
from ui.figures import palette
from ui.show.labels import about_model, token_name, token_texts
from ui.state.url import View
from ui.words.en import common
from ui.words.en import every_head as words

mount = component("every_head")


def side(
    trace: Trace, ablation: Ablation | None, tokenizer: Tokenizer, source: str, shown: range
) -> dict[str, Any]:
    """What the component needs of one model.

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
    data: dict[str, Any] = {
        "model": trace.model,
        "title": about_model(trace.config)["title"],
        "colour": palette.of_model(trace.model),
        "source": source,
        "tokens": token_texts(trace, tokenizer)[:n],
        "first": shown.start,
        "layers": layers,
        "heads": heads,
        "packed": bytes64(pattern[:, :, rows, columns]),
        "scores": bytes64(np.stack([scores[kind] for kind in KINDS[:-1]])),
        "kinds": kinds(scores).ravel().tolist(),
        "change": None,
    }
    if ablation is not None:
        data |= {
            "change": bytes64(ablation.change[shown.start : shown.stop]),
            "next": token_name(ablation.token_id, tokenizer, trace.config),
            "probability": ablation.probability,
        }
    return data


def every_head(
    sides: list[dict[str, Any]],
    *,
    headline: str,
    corresponds: bool,
    origin: tuple[list[tuple[int, int]], int],
    view: View,
    measured: bool = True,
    on: On,
) -> None:
    """Draws them.

    Args:
        sides: from `side`.
        headline: what the most interesting head of this text does.
        corresponds: whether equal heads of both models are the same head, so that their
            difference means something.
        origin: (the heads to choose, one a side, counted from the first layer that is drawn; a
            number that forces a jump to them).
        measured: whether what each head does for the next token is, or will be.
        on: "head" and "enter" ([model, layer, head]), "option" ([name, value]).
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
    mount(key="every_head", data=data, on=on)
