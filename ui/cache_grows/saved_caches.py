"""A cache put away as a file and taken up again: an expander of the page "The cache grows"."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from mla_core.experiments.cache_grows import Grow, Growth, Keep, Resume
from mla_core.inference.cache_file import CacheFileError, header
from ui.jobs.engine import ENGINE
from ui.jobs.live import sentence
from ui.show.export import file_button, take_away
from ui.words.en import cache_grows as words


def saved_caches(jobs: Mapping[str, Grow], grown: Mapping[str, Growth], tokens: int) -> None:
    """The files of both caches after so many tokens, and what becomes of one that is given back.

    The page's own numbers can be taken away here too.
    """
    more = st.expander(words.KEEPING, on_change="rerun", key="keeping")
    if not more.open:
        return
    with more:
        st.caption(words.KEEPING_ABOUT)
        with st.container(horizontal=True):
            for model, job in jobs.items():
                held = min(tokens, len(grown[model].trace.tokens))
                label = words.KEEP.format(model=model, tokens=held)
                make = partial(_cache_file, Keep(job, held))
                file_button(label, f"{model}.cache.safetensors", make, key=f"keep-{model}")
        given = st.file_uploader(words.GIVE_BACK, key="given")
        if given is not None:
            _resumed(given.getvalue(), jobs)
        take_away(jobs)


def _cache_file(job: Keep) -> bytes:
    return ENGINE.run(job).data


def _resumed(data: bytes, jobs: Mapping[str, Grow]) -> None:
    try:
        model = header(data)["model"]
        if model not in jobs:
            raise CacheFileError(words.OTHER_CACHE.format(model=model, here=words.AND.join(jobs)))
        resumed = ENGINE.run(Resume(model, data))
    except Exception as error:
        st.error(sentence(error))
        return
    st.markdown(
        words.RESUMED.format(
            model=model, tokens=resumed.tokens, nbytes=resumed.cache_nbytes,
            ms=1e3 * resumed.seconds, again=1e3 * resumed.seconds_prefill,
            difference=resumed.difference,
        )
    )  # fmt: skip
    st.code(
        words.RESUMED_TEXT.format(text=resumed.text, continued=resumed.continued),
        language=None,
        wrap_lines=True,
    )
