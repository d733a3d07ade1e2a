"""The texts under assets/text; free of torch."""

import json
import lzma
from collections.abc import Sequence

from mla_core.models.locate import ASSETS


def held_out_texts(count: int) -> Sequence[str]:
    """The first of the held-out texts under assets/text: no model of ours was trained on them."""
    with lzma.open(ASSETS / "text" / "held_out.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
