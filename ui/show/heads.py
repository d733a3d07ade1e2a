"""Which head a page looks at, and what it does there."""

from collections.abc import Mapping

import numpy as np

from mla_core.experiments.every_head import Ablation
from mla_core.experiments.every_head.kinds import found_by_content, informative_head
from mla_core.models.locate import Conversion
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.show.labels import percent, token_labels, token_name
from ui.state import url
from ui.words.en import common as words

WALL_BYTES = 8 * 2**20  # of patterns, before they are packed as text


def chosen_heads(traces: dict[str, Trace], view: url.View) -> dict[str, tuple[int, int]]:
    """One head for each model; a conversion opens on the head of its original."""
    heads: dict[str, tuple[int, int]] = {}
    for model, trace in traces.items():
        conversion = Conversion.parse(model)
        original = conversion.model if conversion is not None else None
        followed = original in heads and url.head_key(model) not in view.heads
        heads[model] = heads[str(original)] if followed else chosen_head(trace, view)
    return heads


def chosen_head(trace: Trace, view: url.View) -> tuple[int, int]:
    """The reader's head where this model has it, else the most informative one."""
    layers, heads = trace.pattern.shape[:2]
    layer, head = view.heads.get(url.head_key(trace.model), (layers, heads))
    if layer < layers and head < heads:
        return layer, head
    given = trace.prompt_length
    return informative_head(trace.pattern[..., :given, :given], trace.tokens[:given])


def layer_pages(trace: Trace) -> list[range]:
    """The layers of a model, as many together as a browser gets at once."""
    layers, heads = trace.pattern.shape[:2]
    cells = trace.prompt_length * (trace.prompt_length + 1) // 2
    many = max(1, WALL_BYTES // (4 * heads * cells))
    return [range(first, min(first + many, layers)) for first in range(0, layers, many)]


def head_on_page(trace: Trace, page: range) -> tuple[int, int]:
    """The most informative head among some layers."""
    given = trace.prompt_length
    pattern = trace.pattern[page.start : page.stop, :, :given, :given]
    layer, head = informative_head(pattern, trace.tokens[:given])
    return page.start + layer, head


def headline(
    traces: Mapping[str, Trace], ablations: Mapping[str, Ablation | None], tokenizer: Tokenizer
) -> str:
    """Which head to look at, as a sentence: from the data.

    The one that the next token hangs on most, of each model; until that is measured, the one whose
    pattern says most.
    """
    strongest = [
        _strongest(trace, ablation, tokenizer)
        for trace, ablation in zip(traces.values(), ablations.values(), strict=True)
        if ablation is not None
    ]
    return " ".join(strongest) if strongest else _by_pattern(traces, tokenizer)


def _strongest(trace: Trace, ablation: Ablation, tokenizer: Tokenizer) -> str:
    layer, head = np.unravel_index(np.abs(ablation.change).argmax(), ablation.change.shape)
    after = ablation.probability + float(ablation.change[layer, head])
    return words.HEADLINE_STRONGEST.format(
        layer=layer, head=head, model=trace.model,
        next=token_name(ablation.token_id, tokenizer, trace.config),
        before=f"{ablation.probability:.1%}", after=f"{after:.1%}",
    )  # fmt: skip


def _by_pattern(traces: Mapping[str, Trace], tokenizer: Tokenizer) -> str:
    """Of the most informative head of each model it is the one that gives the larger share of a
    query's attention to a token which it can only have found by its content.
    """
    best = 0.0
    told = words.HEADLINE_SHORT
    for model, trace in traces.items():
        given = trace.prompt_length
        tokens = trace.tokens[:given]
        pattern = trace.pattern[..., :given, :given]
        layer, head = informative_head(pattern, tokens)
        found = np.where(found_by_content(tokens), pattern[layer, head], 0.0)
        if found.max() <= best:
            continue
        best = float(found.max())
        query, key = np.unravel_index(found.argmax(), found.shape)
        labels = token_labels(trace, tokenizer)
        told = words.HEADLINE.format(
            layer=layer, head=head, model=model, percent=percent(best),
            query=labels[query], key=labels[key],
        )  # fmt: skip
    return told
