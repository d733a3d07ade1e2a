"""One server of the components' files, and a fresh page for each test."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

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


@pytest.fixture
def bare_page(browser: Any, files: str) -> Iterator[Any]:
    """bare_page(width, height, **context) -> a `Bare`; errors in the page fail the test."""
    errors: list[str] = []
    contexts: list[Any] = []

    def opened(width: int = 1440, height: int = 900, **context: Any) -> Bare:
        viewport = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=viewport, **context))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        return Bare(page, files)

    yield opened
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def bare(bare_page: Any) -> Bare:
    return bare_page()
