"""The one engine of the server, and when it starts to work.

The first picture comes from a recorded trace and must not wait for torch: the engine starts when
a first page has been drawn, or when nobody has come for a while.
"""

import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mla_core.engine import Engine
from mla_core.experiments.latent_compression import Inspect
from ui import catalogue
from ui.jobs.recordings import COMPRESSED, recorded, recordings
from ui.jobs.requests import request
from ui.opening.token_count import tokenizer

ENGINE = Engine()
IDLE_SECONDS = 20.0


def warm_up() -> None:
    for model in catalogue.MODELS:
        ENGINE.submit(request(model, "Hello", new_tokens=1))
    ENGINE.submit(Inspect(COMPRESSED))


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any] | None]:
    """Reads what the first picture needs, and warms the engine if nobody comes for a while."""
    for job, file in recordings().items():
        if file.startswith(("flag", COMPRESSED)):
            recorded(job)
    tokenizer()
    for module in ("pandas", "pyarrow"):  # Streamlit imports both when it mounts a component
        importlib.import_module(module)
    timer = threading.Timer(IDLE_SECONDS, warm_up)
    timer.daemon = True
    timer.start()
    yield None
    timer.cancel()
