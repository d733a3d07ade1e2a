"""One server of the components' files, and a fresh page for each test."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import CHROMIUM
from tests.components.bare import Bare, serve_files

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/components/" in item.path.as_posix():
            item.add_marker(
                pytest.mark.skipif(
                    CHROMIUM is None,
                    reason="no Chromium here: `apt-get install chromium` makes these tests run",
                )
            )
            item.add_marker(pytest.mark.xdist_group("components"))


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    with serve_files() as address:
        yield address


@pytest.fixture(scope="session")
def contexts(browser: Any) -> Iterator[dict[str, Any]]:
    """A browser for each kind of reader, kept: it has compiled the components' modules before."""
    kept: dict[str, Any] = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def bare_page(browser: Any, contexts: dict[str, Any], files: str) -> Iterator[Any]:
    """bare_page(width, height, **reader) -> a `Bare`; errors in the page fail the test."""
    errors: list[str] = []
    pages: list[Page] = []
    alone: list[Any] = []

    def watched(page: Page, width: int, height: int) -> Page:
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        pages.append(page)
        return page

    def opened(width: int = 1440, height: int = 900, **reader: Any) -> Bare:
        def in_own_browser() -> Page:
            alone.append(browser.new_context(**reader))
            return watched(alone[-1].new_page(), width, height)

        kind = repr(sorted(reader.items()))
        if kind not in contexts:
            contexts[kind] = browser.new_context(**reader)
        return Bare(watched(contexts[kind].new_page(), width, height), files, in_own_browser)

    yield opened
    for one in (*pages, *alone):
        one.close()
    assert not errors


@pytest.fixture
def bare(bare_page: Any) -> Bare:
    return bare_page()
