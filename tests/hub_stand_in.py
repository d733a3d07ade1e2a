"""A stand-in for the Hugging Face hub on loopback: enough of its protocol to download a model.

HEAD and GET of /{repository}/resolve/main/{file}, with the headers that huggingface_hub reads and
with ranges. What goes wrong, and when, is set by its attributes.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PIECE = 4096


class StandIn:
    """Attributes are read at each request, so a test may change them on the way.

    Attributes:
        files: name -> content.
        status: answers every request with this error.
        cut: how many bytes of the large file an answer carries before the connection breaks.
        delay: seconds between two pieces.
        lie: sends other bytes than the checksum promises.
        no_ranges: ignores them, as some proxies do.
        asked: (method, file, Range) of every request.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.status: int | None = None
        self.cut: int | None = None
        self.delay = 0.0
        self.lie = self.no_ranges = False
        self.asked: list[tuple[str, str, str | None]] = []


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            name = self.path.rsplit("/", 1)[-1]
            asked = self.headers.get("Range")
            stand_in.asked.append((self.command, name, asked))
            content = stand_in.files.get(name)
            if stand_in.status or content is None:
                self.send_response(stand_in.status or 404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            digest = hashlib.sha256(content).hexdigest()
            if stand_in.lie:
                content = bytes(len(content))
            start = 0
            if asked and not stand_in.no_ranges:
                start = int(asked.removeprefix("bytes=").split("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("X-Repo-Commit", "a" * 40)
            self.send_header("ETag", f'"{digest}"')
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if body:
                self._send(name, content[start:])

        def _send(self, name: str, content: bytes) -> None:
            large = name.endswith(".safetensors")
            if large and stand_in.cut is not None:
                content = content[: stand_in.cut]
            for i in range(0, len(content), PIECE):
                try:
                    self.wfile.write(content[i : i + PIECE])
                except OSError:
                    return  # the reader has gone
                if large and stand_in.delay:
                    time.sleep(stand_in.delay)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def stand_in_for_the_hub(directory: Path) -> Iterator[tuple[StandIn, str]]:
    """(the stand-in, its address), serving the files of a model directory."""
    hub = StandIn({path.name: path.read_bytes() for path in directory.iterdir()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
