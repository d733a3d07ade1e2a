"""How every page begins: the prompt, the models, and what must be there before it can draw."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mla_core.models.tokenizer import Tokenizer
from ui.catalogue import Chapter
from ui.opening.model_switch import switch
from ui.opening.prompt import prompt
from ui.opening.token_count import count_tokens, tokenizer
from ui.state import url
from ui.words.en import common as words


@dataclass(frozen=True)
class Opening:
    """The reader's view, the tokenizer of its models, and the row of the model switch."""

    view: url.View
    tokenizer: Tokenizer
    row: DeltaGenerator


def opening(chapter: Chapter, *, switchable: bool = True) -> Opening:
    """Draws the prompt bar and the switch; stops the page with a sentence if it cannot go on.

    Args:
        switchable: False on a page that has models of its own: there is no switch.
    """
    view = url.read(chapter)
    prompt(chapter)
    row = switch(view) if switchable else st.container()
    shown = view if switchable else None
    counted = count_tokens(view.prompt, shown)
    if not counted.fits:
        if shown is None and view.pair != "mini":  # else the bar has said what to do
            st.error(counted.note)
        st.stop()
    counter = tokenizer(shown)
    if counter is None:
        st.error(words.NO_TOKENIZER)
        st.stop()
    return Opening(view, counter, row)
