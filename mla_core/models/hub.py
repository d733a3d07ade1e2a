"""Models from the Hugging Face hub: with progress, cancel, resume, and a checksum at the end.

A file has its final name only when its size and its sha256 are right, so nothing half-written can
be opened. What is there already is a `.part` that the next try goes on with.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import ClassVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from mla_core.models.config import CheckpointError
from mla_core.models.weight_files import INDEX, WEIGHTS, weight_files

GPT2S = {
    "gpt2": "openai-community/gpt2",
    "gpt2-medium": "openai-community/gpt2-medium",
    "gpt2-large": "openai-community/gpt2-large",
    "gpt2-xl": "openai-community/gpt2-xl",
}
LARGE = {  # MLA in several files of weights; named as transformers' documentation does
    "youtu-llm-2b": "tencent/Youtu-LLM-2B",
    "minicpm3-4b": "openbmb/MiniCPM3-4B",
    "deepseek-v2-lite": "deepseek-ai/DeepSeek-V2-Lite",
}
REPOSITORIES = GPT2S | LARGE
CHAT = ("tokenizer_config.json", "chat_template.jinja")  # of large models; not all have them
FILES = ("config.json", "tokenizer.json", WEIGHTS)  # the large one last
CHUNK = 1 << 18
TRIES = 4  # of a connection that breaks; each goes on where the last one ended
TIMEOUT = 20.0
MB = 1e6
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Progress = Callable[[int, int], None]  # bytes that are here, bytes in all


class DownloadError(CheckpointError):
    """A download that ended early; the message says why and how to go on."""

    sentences: ClassVar[Mapping[str, str]] = {
        "unknown": "{name} is not known; known are {known}",
        "disk_full": (
            "The disk is full: {folder} needs {size:,.0f} MB. "
            "Make room and try again; it goes on where it stopped."
        ),
        "disk_too_small": (
            "{folder} needs {missing:,.0f} MB more; its disk has {free:,.0f} MB left. "
            "Make room, or set MLA_EXPLORER_CACHE to a folder on another disk."
        ),
        "not_writable": "{folder} cannot be written: {reason}.",
        "no_size": "{host} does not say how long {file} is; try again.",
        "login": (
            "{host} asks for a login ({status}), which this model should not need. "
            "Or set {variable} to a directory that holds the model."
        ),
        "not_there": (
            "{host} does not have this model ({status}): {url}. "
            "Or set {variable} to a directory that holds the model."
        ),
        "too_often": "{host} is asked too often ({status}): wait a few minutes and try again.",
        "trouble": "{host} has trouble of its own ({status}): try again later.",
        "unreachable": (
            "{host} cannot be reached: check the network and try again. "
            "Or set {variable} to a directory that holds the model."
        ),
        "broke": (
            "The connection to {host} broke at {have:,.1f} of {size:,.1f} MB: "
            "try again; it goes on from there."
        ),
        "damaged": "{file} arrived damaged and was deleted: try again.",
    }


class Cancelled(Exception):
    """Whoever asked for the download does not want it any more; what is here stays."""


def folder(name: str) -> Path:
    """Where a download goes: `$MLA_EXPLORER_CACHE/models`, else `~/.cache/mla-explorer/models`."""
    cache = os.environ.get("MLA_EXPLORER_CACHE") or Path.home() / ".cache" / "mla-explorer"
    return Path(cache) / "models" / name


def variable(name: str) -> str:
    """The environment variable that names a directory for a model: `MLA_EXPLORER_GPT2`, ..."""
    return "MLA_EXPLORER_" + name.upper().replace("-", "_")


def on_this_machine(name: str) -> Path | None:
    """The directory of a hub model that need not be downloaded, or None.

    Looks at the directory that an environment variable names (see `variable`), at earlier
    downloads, and at Hugging Face's own cache.
    """
    named = os.environ.get(variable(name))
    if named:
        return Path(named)
    if _is_whole(folder(name)):
        return folder(name)
    from huggingface_hub import try_to_load_from_cache

    # gpt2 is the old name of openai-community/gpt2
    for repository in dict.fromkeys((REPOSITORIES[name], name if name in GPT2S else "")):
        found = try_to_load_from_cache(repository, "config.json") if repository else None
        if isinstance(found, str) and _is_whole(Path(found).parent):
            return Path(found).parent
    return None


def _is_whole(directory: Path) -> bool:
    """Whether nothing is missing that `load_model` opens; merges.txt serves for tokenizer.json."""
    try:
        weights = weight_files(directory)
    except CheckpointError:
        return False
    has_tokenizer = any((directory / file).exists() for file in ("tokenizer.json", "merges.txt"))
    return has_tokenizer and all(path.exists() for path in (directory / FILES[0], *weights))


def download(
    name: str,
    progress: Progress = lambda here, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    endpoint: str | None = None,
) -> Path:
    """Fetches config.json, tokenizer.json and the weights of a model, unless they are here.

    Args:
        name: one of `REPOSITORIES`.
        progress: called after every piece.
        cancelled: asked after every piece.
        endpoint: of a mirror; `$HF_ENDPOINT` or the hub itself unless given.

    Raises:
        DownloadError: one sentence; calling again goes on where this one ended.
        CheckpointError: a large model would not fit into this machine's memory; nothing of it is
            fetched then.
        Cancelled: `cancelled` said so.
    """
    if name not in REPOSITORIES:
        raise DownloadError.of("unknown", name=name, known=", ".join(REPOSITORIES))
    there = on_this_machine(name)
    if there is not None:
        return there
    target, total = folder(name), 0
    try:
        target.mkdir(parents=True, exist_ok=True)
        files = _files(name, target, endpoint)
        remote = {file: _about(name, file, endpoint) for file in files}
        total = sum(size for _, size, _ in remote.values())
        if name in LARGE:
            weights = [size for file, (_, size, _) in remote.items() if "safetensors" in file]
            _need_room(name, sum(weights))
        _need_disk(target, {file: size for file, (_, size, _) in remote.items()})
        before = 0
        for file, (url, size, digest) in remote.items():
            told = partial(_of_all, progress, before, total)
            _fetch(name, url, target / file, size, digest, cancelled, told)
            before += size
    except OSError as error:
        if error.errno in NO_SPACE:
            raise DownloadError.of("disk_full", folder=str(target), size=total / MB) from None
        raise DownloadError.of(
            "not_writable", folder=str(target), reason=error.strerror or str(error)
        ) from None
    return target


def _files(name: str, target: Path, endpoint: str | None) -> tuple[str, ...]:
    """What has to be fetched; an index of several files of weights is read for that."""
    if name not in LARGE:
        return FILES
    small = [*FILES[:2], *(file for file in CHAT if _if_there(name, file, endpoint))]
    index = _if_there(name, INDEX, endpoint)
    if index is None:
        return (*small, WEIGHTS)
    url, size, digest = index
    _fetch(name, url, target / INDEX, size, digest, lambda: False, lambda _: None)
    return (*small, *(path.name for path in weight_files(target)))


def _if_there(name: str, file: str, endpoint: str | None) -> tuple[str, int, str | None] | None:
    """`_about` a file that not every model has."""
    try:
        return _about(name, file, endpoint)
    except DownloadError as error:
        if error.key == "not_there":
            return None
        raise


def _need_room(name: str, nbytes: int) -> None:
    """Of weights in files of bfloat16, as all of `LARGE` are published."""
    import torch

    from mla_core.models.devices import need_room

    on_gpu = torch.cuda.is_available()
    need_room(
        REPOSITORIES[name], nbytes // 2, torch.device("cuda" if on_gpu else "cpu"),
        torch.bfloat16 if on_gpu else torch.float32,
    )  # fmt: skip


def _need_disk(target: Path, sizes: dict[str, int]) -> None:
    there = [target / name for file in sizes for name in (file, file + ".part")]
    missing = sum(sizes.values()) - sum(path.stat().st_size for path in there if path.exists())
    free = shutil.disk_usage(target).free
    if missing > free:
        raise DownloadError.of(
            "disk_too_small", folder=str(target), missing=missing / MB, free=free / MB
        )


def _of_all(progress: Progress, before: int, total: int, here: int) -> None:
    progress(before + here, total)


def _about(name: str, file: str, endpoint: str | None) -> tuple[str, int, str | None]:
    """(where it lies, its size, its sha256 where the hub says it)."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(REPOSITORIES[name], file, endpoint=endpoint)
    try:
        found = get_hf_file_metadata(url, token=False, timeout=TIMEOUT, endpoint=endpoint)
    except Exception as error:  # huggingface_hub's and httpx's own families of errors
        status = getattr(getattr(error, "response", None), "status_code", None)
        raise _refusal(name, status, url) from None
    if not found.size:
        raise DownloadError.of("no_size", host=urlsplit(url).netloc, file=file)
    etag = (found.etag or "").strip('"')
    return found.location, found.size, etag if len(etag) == 64 else None


def _refusal(name: str, status: int | None, url: str) -> DownloadError:
    """What a status of the hub's means; None: it did not answer."""
    host, by_hand = urlsplit(url).netloc, variable(name)
    if status in (401, 403):
        return DownloadError.of("login", host=host, status=status, variable=by_hand)
    if status == 404:
        return DownloadError.of("not_there", host=host, status=status, url=url, variable=by_hand)
    if status == 429:
        return DownloadError.of("too_often", host=host, status=status)
    if status is not None:
        return DownloadError.of("trouble", host=host, status=status)
    return DownloadError.of("unreachable", host=host, variable=by_hand)


def _fetch(
    name: str,
    url: str,
    path: Path,
    size: int,
    digest: str | None,
    cancelled: Callable[[], bool],
    here: Callable[[int], None],
) -> None:
    """One file: goes on with what is here, checks it, and only then gives it its name."""
    if path.exists():
        here(size)
        return
    part = path.with_name(path.name + ".part")
    trouble = None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(min(2 ** (attempt - 1), 4))
        trouble = _read_on(name, url, part, size, cancelled, here)
        if part.exists() and part.stat().st_size >= size:
            break
    have = part.stat().st_size if part.exists() else 0
    if have < size:
        raise trouble or DownloadError.of(
            "broke", host=urlsplit(url).netloc, have=have / MB, size=size / MB
        )
    if have > size or (digest is not None and _sha256(part) != digest):
        part.unlink()
        raise DownloadError.of("damaged", file=path.name)
    part.replace(path)


def _read_on(
    name: str,
    url: str,
    part: Path,
    size: int,
    cancelled: Callable[[], bool],
    here: Callable[[int], None],
) -> DownloadError | None:
    """Appends what the server sends until it ends or breaks; the error if the server says why."""
    have = part.stat().st_size if part.exists() else 0
    if have >= size:
        return None
    try:
        ask = Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        with urlopen(ask, timeout=TIMEOUT) as answer:
            goes_on = answer.status == 206
            with part.open("ab" if goes_on else "wb") as file:
                have = have if goes_on else 0
                while chunk := answer.read1(CHUNK):
                    if cancelled():
                        raise Cancelled
                    file.write(chunk)
                    have += len(chunk)
                    here(have)
    except HTTPError as error:
        if error.code < 500:
            raise _refusal(name, error.code, url) from None
        return _refusal(name, error.code, url)
    except HTTPException:
        pass
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
