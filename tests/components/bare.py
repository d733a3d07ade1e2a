"""A component in a bare page: its own files, its data, and nothing of Streamlit."""

import functools
import http.server
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Locator, Page

from ui.components import FOLDER, markup, style

BARE = Path(__file__).with_name("bare.html")
CONFIG = FOLDER.parents[1] / ".streamlit" / "config.toml"


class Files(http.server.SimpleHTTPRequestHandler):
    """The components' files as they are, and the bare page at `/`."""

    extensions_map: ClassVar[dict[str, str]] = {".js": "text/javascript", ".css": "text/css"}

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        text = BARE.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serve_files() -> Iterator[str]:
    """The address of a server of `ui/components`, ended at exit."""
    handler = functools.partial(Files, directory=str(FOLDER))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def theme(scheme: str) -> dict[str, str]:
    """The variables that Streamlit sets from our own configuration."""
    colours = tomllib.loads(CONFIG.read_text())["theme"][scheme]
    dashed = {
        "".join("-" + c.lower() if c.isupper() else c for c in k): v for k, v in colours.items()
    }
    return {f"--st-{name}": value for name, value in dashed.items()} | {"--st-font": "sans-serif"}


class Bare:
    """One component, or several, in a page; `page` is Playwright's.

    Args:
        page: empty.
        address: of the files.
        alone: makes another one, in a browser of its own.
    """

    def __init__(self, page: Page, address: str, alone: Callable[[], Page]) -> None:
        self.address, self.alone = address, alone
        self.open(page)

    def open(self, page: Page) -> None:
        self.page = page
        page.goto(self.address)
        page.wait_for_function("() => Boolean(window.show)")

    def show(
        self, name: str, data: dict[str, Any], *, key: str = "", scheme: str = "light"
    ) -> Locator:
        """Mounts a component, or hands it other data; returns where it is."""
        key = key or name
        self.page.evaluate(
            "component => show(component)",
            {
                "name": name, "key": key, "html": markup(name), "css": style(name),
                "data": data, "theme": theme(scheme),
            },
        )  # fmt: skip
        return self.page.locator(f"#{key}")

    def stop_clock(self) -> None:
        """Time passes from now on only by `page.clock.run_for`; before anything is mounted.

        A clock belongs to a browser, with all its pages: this page gets one of its own.
        """
        self.open(self.alone())
        self.page.clock.install(time=0)
        self.page.clock.pause_at(1_000)

    def leave(self, key: str) -> None:
        """Takes a component off the page."""
        self.page.evaluate("key => leave(key)", key)

    def events(self, name: str | None = None) -> list[Any]:
        """What the components have told: [name, value] each, or the values of one event."""
        told = self.page.evaluate("events")
        return told if name is None else [value for event, value in told if event == name]

    def expect_event(self, name: str, value: Any) -> None:
        """Waits until the latest event of that name has that value."""
        self.page.wait_for_function(
            """([name, value]) => {
              const told = events.filter(([event]) => event === name).at(-1);
              return told && JSON.stringify(told[1]) === JSON.stringify(value);
            }""",
            arg=[name, value],
        )
