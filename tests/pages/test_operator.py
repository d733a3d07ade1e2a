"""Downloads and benchmarks belong to whoever runs the server: off and on, the button and the action."""

import threading
from concurrent.futures import Future

import pytest

from tests.pages.driving import open_page
from ui.jobs import operator
from ui.opening import downloads
from ui.opening.downloads import Download
from ui.speed import measuring
from ui.speed import view as speed
from ui.speed.measuring import Measuring
from ui.words.en import common

DOWNLOAD, BENCHMARK = ("side_by_side", {"pair": "gpt2"}), ("speed", {"run": "live"})


@pytest.fixture(autouse=True)
def served_to_everybody(monkeypatch):
    monkeypatch.delenv(operator.VARIABLE, raising=False)


@pytest.fixture
def fetching(monkeypatch, tmp_path):
    """The downloads that began, each running until it is cancelled; GPT-2 is not here."""
    begun: list[Download] = []
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.delenv("MLA_EXPLORER_GPT2", raising=False)
    download, ended = Download("gpt2"), threading.Event()
    monkeypatch.setitem(downloads.DOWNLOADS, "gpt2", download)

    def fetch(name, progress, cancelled):
        begun.append(download)
        progress(1_000_000, 548_000_000)
        while not cancelled() and not ended.wait(0.01):
            pass

    monkeypatch.setattr(downloads.hub, "download", fetch)
    yield begun
    ended.set()
    if download._thread is not None:
        download._thread.join()


@pytest.fixture
def benchmarks(monkeypatch):
    """The futures of the benchmarks that were submitted; nothing was measured before."""
    submitted: list[Future] = []
    fresh = Measuring()
    for module in (measuring, speed):
        monkeypatch.setattr(module, "LIVE", fresh)

    def submit(job):
        submitted.append(Future())
        return submitted[-1]

    monkeypatch.setattr(measuring.ENGINE, "submit", submit)
    return submitted


def keys(app):
    return {button.key for button in app.button}


@pytest.mark.parametrize("page", [DOWNLOAD, BENCHMARK])
def test_a_reader_is_told_whose_it_is_and_gets_no_button(page, fetching, benchmarks):
    name, query = page
    app = open_page(name, **query)
    assert not app.exception
    assert common.OPERATORS_ALONE in [info.value for info in app.info]
    assert not keys(app) & {"download", "cancel", "measure", "measure_stop"}


def test_the_sentence_says_what_the_operator_has_to_do():
    assert f"`{operator.VARIABLE}=1`" in common.OPERATORS_ALONE
    assert "--server.address localhost" in common.OPERATORS_ALONE


def test_a_download_starts_and_ends_where_readers_may(fetching, benchmarks, monkeypatch):
    monkeypatch.setenv(operator.VARIABLE, "1")
    app = open_page(DOWNLOAD[0], **DOWNLOAD[1])
    assert common.OPERATORS_ALONE not in [info.value for info in app.info]
    app.button(key="download").click().run()
    (download,) = fetching
    assert download.running
    app.button(key="cancel").click().run()
    download._thread.join()
    assert not download.running


def test_a_benchmark_starts_and_ends_where_readers_may(benchmarks, monkeypatch):
    monkeypatch.setenv(operator.VARIABLE, "1")
    app = open_page(BENCHMARK[0], **BENCHMARK[1])
    assert common.OPERATORS_ALONE not in [info.value for info in app.info]
    app.button(key="measure").click().run()
    (future,) = benchmarks
    app.button(key="measure_stop").click().run()
    assert future.cancelled()


def test_an_event_without_its_button_starts_and_cancels_no_download(fetching, monkeypatch):
    """The buttons were drawn before the switch went off, so that both events reach their actions."""
    monkeypatch.setenv(operator.VARIABLE, "1")
    early = open_page(DOWNLOAD[0], **DOWNLOAD[1])
    running = open_page(DOWNLOAD[0], **DOWNLOAD[1])
    monkeypatch.delenv(operator.VARIABLE)
    early.button(key="download").click().run()
    assert not fetching
    monkeypatch.setenv(operator.VARIABLE, "1")
    running.button(key="download").click().run()
    (download,) = fetching
    monkeypatch.delenv(operator.VARIABLE)
    app = open_page(DOWNLOAD[0], **DOWNLOAD[1])
    assert "cancel" not in keys(app)
    running.button(key="cancel").click().run()
    assert download.running and not download._cancelled.is_set()


def test_an_event_without_its_button_starts_and_stops_no_benchmark(benchmarks, monkeypatch):
    monkeypatch.setenv(operator.VARIABLE, "1")
    early = open_page(BENCHMARK[0], **BENCHMARK[1])
    running = open_page(BENCHMARK[0], **BENCHMARK[1])
    monkeypatch.delenv(operator.VARIABLE)
    early.button(key="measure").click().run()
    assert not benchmarks
    monkeypatch.setenv(operator.VARIABLE, "1")
    running.button(key="measure").click().run()
    (future,) = benchmarks
    monkeypatch.delenv(operator.VARIABLE)
    running.button(key="measure_stop").click().run()
    assert not future.cancelled()
    assert "measure_stop" not in keys(running)


@pytest.mark.parametrize(
    ("address", "said", "may"),
    [
        (None, "", False),  # what `streamlit run app.py` listens on: every address
        ("0.0.0.0", "", False),
        ("::", "", False),
        ("192.168.0.7", "", False),
        ("localhost.example", "", False),
        ("unix:///run/app.sock", "", False),
        ("127.0.0.1", "", True),
        ("127.8.0.1", "", True),
        ("::1", "", True),
        ("localhost", "", True),
        (None, "1", True),
        (None, " Yes ", True),
        ("127.0.0.1", "0", False),  # behind a proxy on the same machine
        ("127.0.0.1", "off", False),
        (None, "nonsense", False),
    ],
)
def test_who_may(address, said, may, monkeypatch):
    monkeypatch.setattr(operator.st, "get_option", {"server.address": address}.get)
    monkeypatch.setenv(operator.VARIABLE, said)
    assert operator.readers_may() is may
