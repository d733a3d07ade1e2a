"""A published model's full shape on the recorded GPU, ours beside transformers as it is."""

from typing import Any

import streamlit as st

from ui.jobs.recordings import recorded_bench
from ui.speed.view import time_of
from ui.words.en import speed as words

RECORD = "large_h200"
TOLD = ((8, 8192), (64, 8192))  # batch, context: what the sentence is about


def with_experts() -> None:
    """The table of all shapes, and what two of them say."""
    record = recorded_bench(RECORD)
    timed = {(r["who"], r["batch"], r["context"]): r for r in record["rows"] if "who" in r}
    shapes = [(batch, context) for who, batch, context in timed if who == "ours"]
    shape = record["shape"]
    st.markdown(words.LARGE_TITLE.format(**record | shape))
    rows = [_row(timed, *shape) for shape in shapes]
    st.markdown("\n".join([words.LARGE_HEAD, *rows]))
    first, second = (_times(timed, *shape) for shape in TOLD)
    launched = timed["transformers", *TOLD[1]]["seconds"] / timed["ours", *TOLD[1]]["seconds"]
    share = {r["agreement"]: r["share"] for r in record["rows"] if "agreement" in r}
    page = next(r for r in record["rows"] if "page" in r)
    st.markdown(
        words.LARGE_TOLD.format(
            first=first, second=second, launched=launched, theirs=share["transformers"],
            ours=share["ours"], stepped=share["ours, step by step"],
            at_first=words.POINT_OF.format(batch=TOLD[0][0], context=TOLD[0][1]),
            at_second=words.POINT_OF.format(batch=TOLD[1][0], context=TOLD[1][1]),
            vocabulary=shape["vocab_size"], **page,
        )
    )  # fmt: skip


def _times(timed: dict[tuple[str, int, int], Any], batch: int, context: int) -> float:
    """How many times as fast ours is, replayed, as transformers as it is."""
    theirs, ours = timed["transformers", batch, context], timed["ours", batch, context]
    return float(theirs["seconds"] / ours["replayed"])


def _row(timed: dict[tuple[str, int, int], Any], batch: int, context: int) -> str:
    theirs, ours = timed["transformers", batch, context], timed["ours", batch, context]

    def both(row: dict[str, Any]) -> str:
        if "problem" in row:
            return str(row["problem"])
        return words.LARGE_BOTH.format(
            launched=time_of(row["seconds"]), replayed=time_of(row["replayed"])
        )

    fast = "" if "problem" in theirs else f"{_times(timed, batch, context):.3g}×"
    return words.LARGE_ROW.format(
        batch=batch, context=context, theirs=both(theirs), ours=both(ours), times=fast,
        rate=batch / ours["replayed"], nbytes=ours["nbytes"] / 1e9,
    )  # fmt: skip
