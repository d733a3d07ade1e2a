"""Two decode paths of one MLA layer beside each other, how they grow, and their algebra."""

from typing import Any

import numpy as np

from mla_core.arithmetic.accounting import DEEPSEEK_V2, LatentShape
from mla_core.experiments.absorption import Paths
from mla_core.models.tokenizer import Tokenizer
from ui.components import VALUE_BYTES, On, bytes64, component
from ui.figures import palette
from ui.show.labels import token_texts
from ui.state.url import View, limits
from ui.words.en import absorption as words

mount = component("absorption")
BYTES_BFLOAT16 = 2
WAY_COLOURS = {"naive": palette.K, "absorbed": palette.LATENT}
PRODUCT_COLOURS = {
    "keys": palette.K, "values": palette.V, "scores": palette.PATTERN, "sum": palette.LATENT,
    "query": palette.Q, "output": palette.V,
}  # fmt: skip
CHART_COLOURS = {
    "naive": palette.K, "absorbed": palette.LATENT, "heads": palette.Q,
    "cache": palette.LATENT, "rebuilt": palette.K,
}  # fmt: skip


def line(at_one: int, at_two: int) -> tuple[int, int]:
    """(fixed, for each token) of a cost that grows by the token."""
    return 2 * at_one - at_two, at_two - at_one


def shape_data(
    key: str, shape: LatentShape, name: str, value_bytes: int, kind: str, ran: bool
) -> dict[str, Any]:
    """How the costs of a shape grow with the tokens in its cache."""
    ways = {"naive": shape.naive, "absorbed": shape.absorbed, "heads": shape.without_latent}
    costs = {way: (cost(1), cost(2)) for way, cost in ways.items()}
    read = {way: line(*(c.cache_values for c in pair)) for way, pair in costs.items()}
    return {
        "key": key,
        "name": name,
        "type": kind,
        "bytes": value_bytes,
        "ran": ran,
        "macs": {way: line(*(c.multiply_adds for c in pair)) for way, pair in costs.items()},
        "values": {
            "cache": read["absorbed"],
            "rebuilt": line(*(c.rebuilt_values for c in costs["naive"])),
            "heads": read["heads"],
        },
    }


def way(name: str, paths: Paths) -> dict[str, Any]:
    """One path's card: what it reads, what it forms."""
    tokens = len(paths.trace.tokens)
    cost = paths.shape.naive(tokens) if name == "naive" else paths.shape.absorbed(tokens)
    read = paths.counts["cache_values"]
    about = words.WAY_READS + words.WAY_ABOUT[name]
    return {
        "title": words.WAY_TITLES[name],
        "about": about.format(
            read=read, nbytes=read * VALUE_BYTES[paths.trace.dtype], tokens=tokens,
            rebuilt=paths.counts["rebuilt_values"],
        ),
        "colour": WAY_COLOURS[name],
        "rows": [
            {"text": words.WAY_PRODUCTS[name][part], "count": macs, "colour": PRODUCT_COLOURS[part]}
            for part, macs in cost.products.items()
        ],
        "total": words.WAY_TOTAL.format(macs=paths.counts[f"macs_{name}"]),
    }  # fmt: skip


def merged_sizes(shape: LatentShape, form: str) -> str:
    apart, merged = shape.apart(), shape.merged()
    return form.format(apart=apart, merged=merged, ratio=merged / apart)


def key_of_check(pattern: np.ndarray, chosen: int | None) -> int:
    """The reader's token where the text has it, else the one looked at most; not the sink."""
    if chosen is not None and chosen < len(pattern):
        return chosen
    return int(pattern[1:].argmax()) + 1 if len(pattern) > 1 else 0


def absorption(paths: Paths, tokenizer: Tokenizer, *, view: View, source: str, on: On) -> None:
    """Draws both paths.

    Args:
        paths: the last token of a text on both.
        tokenizer: of the model.
        view: the sizes, the tokens in the cache (None: those of the text) and the key of the check.
        source: where the numbers come from.
        on: "head" ([model, layer, head]), "option" ([name, value], "context" and "shape" among
            them).
    """
    trace, own = paths.trace, paths.shape
    pattern = paths.arrays["pattern"]
    data = {
        "model": trace.model,
        "tokens": token_texts(trace, tokenizer),
        "layers": trace.config.num_hidden_layers,
        "heads": trace.config.num_attention_heads,
        "layer": paths.layer,
        "head": paths.head,
        "key": key_of_check(pattern, view.key),
        "context": view.absorption_context,
        "ranges": limits(View.absorption_context),
        "shape": view.shape,
        "headline": words.ABSORPTION_HEADLINE.format(**paths.differences),
        "ways": [way(name, paths) for name in ("naive", "absorbed")],
        "shapes": [
            shape_data(
                "own",
                own,
                words.SHAPE_OWN.format(model=trace.model, dtype=trace.dtype),
                VALUE_BYTES[trace.dtype],
                trace.dtype,
                True,
            ),
            shape_data(
                "deepseek", DEEPSEEK_V2, words.SHAPE_DEEPSEEK, BYTES_BFLOAT16, "bfloat16", False
            ),
        ],
        "mergedSizes": [
            merged_sizes(own, words.MERGED_OWN),
            merged_sizes(DEEPSEEK_V2, words.MERGED_DEEPSEEK),
        ],
        "sizes": {"n": own.n, "c": own.c},
        "arrays": {name: bytes64(array) for name, array in paths.arrays.items()},
        "source": source,
        "words": words.ABSORPTION_LAYER,
        "colours": {"signed": palette.SIGNED, "latent": palette.LATENT},
        "chartColours": CHART_COLOURS,
    }
    mount(key="absorption", data=data, on=on)
