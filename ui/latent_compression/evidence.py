"""What surrounds the latent compression: its sentence, the curve, the spectrum, the facts."""

from typing import Any

import streamlit as st

from mla_core.experiments import Job
from mla_core.experiments.latent_compression import (
    HELD_OUT_TEXTS,
    Compression,
    Descend,
    MeasureLoss,
    Prove,
)
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.jobs.engine import ENGINE
from ui.jobs.recordings import recorded_bench
from ui.jobs.requests import config_of
from ui.show.export import PICTURE
from ui.show.labels import token_name, token_texts
from ui.words.en import latent_compression as words


def failing(descent: Descend, before: Trace, tokenizer: Tokenizer) -> str:
    """What fails first, as a sentence; from the data, once it is there."""
    found = ENGINE.remembered(descent)
    if found is None:
        return words.FAILS_WAITING
    most, second, least = found.ranks[0], found.ranks[1], found.ranks[-1]
    told = words.FAILS_NO_HEAD.format(least=least)
    if found.head is not None:
        layer, head = found.head
        told = words.FAILS_HEAD.format(
            layer=layer, head=head, rank=found.head_rank, moved=f"{found.moved:.0%}"
        )
    changed = words.FAILS_NO_TOKEN.format(least=least)
    if found.position is not None and found.was is not None and found.became is not None:
        was, became = (token_name(i, tokenizer, before.config) for i in (found.was, found.became))
        after = token_texts(before, tokenizer)[found.position]
        changed = words.FAILS_TOKEN.format(
            after=after, rank=found.token_rank, was=was, became=became
        )
    return f"{told} {changed} {words.FAILS_TRIED.format(most=most, step=most - second)}"


def below(model: str, name: str, prompt: str, inside: Compression, layer: int) -> None:
    """The curve with the live point, the spectrum with the cut, layer by layer, the facts."""
    from ui.figures.latent_compression import curve_figure, spectrum_figure

    left, right = st.columns(2)
    curves = recorded_bench("compression")
    if model in curves["models"]:
        base, cut = ENGINE.remembered(MeasureLoss(model)), ENGINE.remembered(MeasureLoss(name))
        config, live, told = inside.config, None, words.CURVE_WAITING.format(texts=HELD_OUT_TEXTS)
        if base is not None and cut is not None:
            increase = cut.nats - base.nats
            live = (config.cached_values / config.num_hidden_layers, increase)
            told = words.CURVE_LIVE.format(texts=cut.texts, increase=increase)
        left.plotly_chart(
            curve_figure(curves, model, live),
            key="curve",
            config=PICTURE,
            alt=words.CURVE_ALT.format(model=model),
        )
        left.caption(words.CURVE_NOTE.format(**curves["made"]) + told)
    else:
        left.info(words.NO_CURVE)
    assert inside.config.factorisations is not None
    rank, method = inside.config.ranks[layer], inside.config.factorisations[layer]
    right.plotly_chart(
        spectrum_figure(inside.energy[layer], rank, layer=layer, method=method),
        key="spectrum",
        config=PICTURE,
        alt=words.SPECTRUM_ALT.format(count=inside.energy.shape[1], layer=layer, rank=rank),
    )
    with right.expander(words.LAYERS_TITLE):
        st.table(_layer_rows(inside))
    _why(model, prompt)


def _layer_rows(inside: Compression) -> list[dict[str, str]]:
    assert inside.config.factorisations is not None
    kept = inside.kept()
    return [
        dict(
            zip(
                words.LAYER_COLUMNS,
                (
                    str(i),
                    str(rank),
                    inside.config.factorisations[i],
                    f"{kept[i]:.2%}",
                    f"{inside.key_error[i].max():.0%}",
                    f"{inside.value_error[i].max():.0%}",
                ),
                strict=True,
            )
        )
        for i, rank in enumerate(inside.config.ranks)
    ]


def _why(model: str, prompt: str) -> None:
    st.subheader(words.WHY, anchor=False)
    facts = ENGINE.remembered(Prove(model, prompt))
    if config_of(model).rotates_keys:
        st.markdown(words.NAIVE_ONLY)
    elif facts is not None:
        st.markdown(words.WHY_EXACT.format(d=config_of(model).hidden_size, **vars(facts)))


def unmeasured(descent: Descend, name: str) -> dict[str, Job[Any]]:
    """What takes a second and is not known yet: for `go_live`, once the slider rests."""
    model, prompt = descent.model, descent.prompt
    jobs: dict[str, Job[Any]] = {
        "fails": descent, "base": MeasureLoss(model), "loss": MeasureLoss(name)
    }  # fmt: skip
    if not config_of(model).rotates_keys:
        jobs["facts"] = Prove(model, prompt)
    return {key: job for key, job in jobs.items() if ENGINE.remembered(job) is None}
