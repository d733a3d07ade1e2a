"""Which head a page looks at."""

from mla_core.heads import informative_head
from mla_core.models.locate import Conversion
from mla_core.traces import Trace
from ui import state


def chosen_heads(traces: dict[str, Trace], view: state.View) -> dict[str, tuple[int, int]]:
    """One head for each model; a conversion opens on the head of its original."""
    heads: dict[str, tuple[int, int]] = {}
    for model, trace in traces.items():
        conversion = Conversion.parse(model)
        original = conversion.model if conversion is not None else None
        followed = original in heads and state.head_key(model) not in view.heads
        heads[model] = heads[str(original)] if followed else chosen_head(trace, view)
    return heads


def chosen_head(trace: Trace, view: state.View) -> tuple[int, int]:
    """The reader's head where this model has it, else the most informative one."""
    layers, heads = trace.pattern.shape[:2]
    layer, head = view.heads.get(state.head_key(trace.model), (layers, heads))
    if layer < layers and head < heads:
        return layer, head
    given = trace.prompt_length
    return informative_head(trace.pattern[..., :given, :given], trace.tokens[:given])
