"""Every head: what do all the heads look at?"""

import streamlit as st

from mla_core.experiments.every_head import Ablate
from ui import catalogue
from ui.components.every_head import every_head, side
from ui.jobs.engine import ENGINE
from ui.jobs.live import go_live, provenance
from ui.jobs.models_of_view import traces_of_view
from ui.jobs.recordings import recorded
from ui.opening.opening import opening
from ui.show.export import closer_look
from ui.show.heads import chosen_heads, head_on_page, headline, layer_pages
from ui.show.notes import notes
from ui.state import session, url
from ui.words.en import every_head as words


def picked_head(told: tuple[str, int, int]) -> None:
    model, layer, head = told
    there = dict(st.session_state["heads_shown"]) | {model: (layer, head)}
    session.report("heads", tuple(there.items()))
    url.set_head(told)


def entered(told: tuple[str, int, int]) -> None:
    model, layer, head = told
    models = list(dict(st.session_state["heads_shown"]))
    attention = "MHA" if model != models[-1] else "naive"  # the last one has the latent
    url.put(attention=attention, stage=None, **{url.head_key(model): f"{layer}.{head}"})
    st.session_state["inside_next"] = True


def turned() -> None:
    model = url.read("every_head").large
    url.put(layer=st.session_state["layers"].start, **{model: None})


def picked_layers(offered: list[range], first: int) -> range:
    """Which layers the reader looks at: those of the link, else of the chosen head."""
    asked = url.read("every_head").layer
    layer = first if asked is None or asked >= offered[-1].stop else asked
    st.session_state["layers"] = next(one for one in offered if layer in one)
    found: range = st.selectbox(
        words.LAYERS_LABEL, offered, key="layers", on_change=turned, width=240,
        format_func=lambda one: words.LAYERS.format(
            first=one.start, last=one.stop - 1, all=offered[-1].stop
        ),
        label_visibility="collapsed",
    )  # fmt: skip
    return found


if st.session_state.pop("inside_next", False):
    st.switch_page("../pages/inside_one_head.py")
page = opening("every_head")
view = page.view
shown, traces = traces_of_view(view)
chosen = chosen_heads(traces, view)
pages = {model: layer_pages(trace) for model, trace in traces.items()}
layers = {model: offered[0] for model, offered in pages.items()}
if view.alone and len(pages[view.alone]) > 1:
    layers[view.alone] = picked_layers(pages[view.alone], chosen[view.alone][0])
    if chosen[view.alone][0] not in layers[view.alone]:
        chosen[view.alone] = head_on_page(traces[view.alone], layers[view.alone])
heads = tuple(chosen.items())
st.session_state["heads_shown"] = heads
# a pass of the whole model for each head: too long for a large one without a GPU
measured = not view.alone or all(trace.device != "cpu" for trace in traces.values())
asked = {model: Ablate(model, view.prompt) for model in traces}
now = {model: ENGINE.remembered(job) for model, job in asked.items()}
ablations = {model: now[model] or recorded(job) for model, job in asked.items()}
sources = {model: provenance(trace, shown.live) for model, trace in traces.items()}
for model in traces:
    if shown.live and ablations[model] and not now[model]:
        sources[model] += words.EFFECTS_RECORDED
place, jump = session.origin("heads", heads)
every_head(
    [
        side(trace, ablations[model], page.tokenizer, sources[model], layers[model])
        for model, trace in traces.items()
    ],
    headline=headline(traces, ablations, page.tokenizer),
    corresponds=view.pair in catalogue.ORIGINALS,
    origin=([(layer - layers[model].start, head) for model, (layer, head) in place], jump),
    view=view,
    measured=measured,
    on={"head": picked_head, "enter": entered, "option": url.set_option},
)
notes(words.HEADS_NOTES)
closer_look(traces, shown.asked, dict(heads), page.tokenizer, hide_first=not view.first_token)
if not shown.live:
    go_live(shown.asked)
elif measured and not all(now.values()):
    go_live(asked)
