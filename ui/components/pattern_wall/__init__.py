"""The wall of 7,808: as many patterns as R1 has heads, each one computed."""

from mla_core.experiments.deepseeks_scale import HEADS, LAYERS, TOKENS, PatternWall
from ui.components import bytes64, component
from ui.figures import palette
from ui.show.labels import visible
from ui.words.en import common as all_words
from ui.words.en import deepseeks_scale as words

mount = component("pattern_wall")


def pattern_wall(crowd: PatternWall) -> None:
    """Draws it; pointing at a tile shows whose it is, the arrow keys do too."""
    start = all_words.START
    mount(
        key="pattern_wall",
        data={
            "rows": LAYERS,
            "columns": HEADS,
            "tokens": TOKENS,
            "models": list(crowd.models),
            "texts": [list(text) for text in crowd.texts],
            "labels": [[start, *map(visible, text[1:])] for text in crowd.texts],
            "packed": bytes64(crowd.packed, "u1"),
            "index": bytes64(crowd.index, "u1"),
            "colours": palette.WEIGHTS,
            "source": words.CROWD_SOURCE.format(
                device=crowd.device, dtype=crowd.dtype, texts=len(crowd.texts),
                models=", ".join(crowd.models),
            ),
            "words": words.CROWD
            | {"alt": words.CROWD_ALT, "headline": words.CROWD_HEAD, "exports": words.EXPORT},
        },
    )  # fmt: skip
