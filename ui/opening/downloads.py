"""Fetching a model: one download for the whole server, in a thread of its own; nobody waits for it."""

import os
import threading
from urllib.parse import urlsplit

import streamlit as st

from mla_core.models import hub
from mla_core.models.config import CheckpointError
from ui.jobs.live import sentence
from ui.jobs.operator import readers_may
from ui.words.en import common as words

MB = 1e6


class Download:
    """What every session sees of it.

    Attributes:
        here, total: bytes; total is 0 until the hub has answered.
        problem: a sentence, when the last try ended early.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.here = self.total = 0
        self.problem: str | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begins, or goes on with what is here; a second reader's click changes nothing.

        Here and in `cancel`, not only in the buttons: an event can be sent without its button.
        """
        with self._lock:
            if self.running or not readers_may():
                return
            self.problem = None
            self._cancelled.clear()
            self._thread = threading.Thread(target=self._run, name="download", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        if readers_may():
            self._cancelled.set()

    def _run(self) -> None:
        def progress(here: int, total: int) -> None:
            self.here, self.total = here, total

        try:
            hub.download(self.name, progress, self._cancelled.is_set)
        except hub.Cancelled:
            pass
        except CheckpointError as error:
            self.problem = sentence(error)
        except Exception:
            self.problem = words.UNEXPECTED
            raise


DOWNLOADS = {name: Download(name) for name in hub.REPOSITORIES}


def host() -> str:
    return urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co").netloc


def offer(name: str, called: str, size: str) -> None:
    """The panel that stands where the pictures will be.

    Args:
        name: one of `hub.REPOSITORIES`.
        called, size: the same and its bytes, for a reader.
    """
    large = name in hub.LARGE
    st.subheader(words.DOWNLOAD_TITLE.format(name=called), anchor=False)
    about = words.DOWNLOAD_ABOUT["large" if large else "gpt2"]
    st.write(about + words.DOWNLOAD_ONCE.format(host=host()))
    _panel(DOWNLOADS[name], called, size)
    st.caption(
        words.DOWNLOAD_BY_HAND.format(
            variable=hub.variable(name),
            shards=words.DOWNLOAD_SHARDS if large else "",
            more="" if large else words.DOWNLOAD_GPT2,
        )
    )


@st.fragment(run_every=0.5)
def _panel(download: Download, called: str, size: str) -> None:
    if not download.running and hub.on_this_machine(download.name) is not None:
        st.rerun()
    if download.running:
        share = download.here / download.total if download.total else 0.0
        told = words.DOWNLOAD_PROGRESS if download.total else words.DOWNLOAD_ASKING
        st.progress(
            share,
            told.format(here=download.here / MB, total=download.total / MB, host=host()),
        )
        if readers_may():
            st.button(words.DOWNLOAD_CANCEL, on_click=download.cancel, key="cancel")
        return
    if download.problem:
        st.error(download.problem)
    if not readers_may():
        st.info(words.OPERATORS_ALONE)
        return
    label = words.DOWNLOAD_START.format(name=called, size=size)
    if download.here:
        label = words.DOWNLOAD_GO_ON.format(here=download.here / MB)
    st.button(label, on_click=download.start, type="primary", key="download")
