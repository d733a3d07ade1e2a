"""One server for all tests of the app in Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import serve

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with serve() as url:
        yield url


@pytest.fixture(scope="session")
def context(browser: Any) -> Iterator[Any]:
    """A browser that keeps Streamlit's scripts between the tests: each loads and compiles 3 MB."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: Any) -> Iterator[Page]:
    outside: list[str] = []
    errors: list[str] = []
    page = context.new_page()
    # no network but the server under test: a font or script from elsewhere would fail here
    page.route(
        lambda url: "127.0.0.1" not in url and not url.startswith(("data:", "blob:")),
        lambda route: (outside.append(route.request.url), route.abort()),
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append("dialog: " + dialog.message), dialog.dismiss()))
    yield page
    page.close()
    assert not errors and not outside
