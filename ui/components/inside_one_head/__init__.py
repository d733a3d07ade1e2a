"""One head: every matrix at its true shape, every number with its origin."""

from dataclasses import replace
from typing import Any

import numpy as np

from mla_core.experiments.inside_one_head import Anatomy, Matrix
from mla_core.models.tokenizer import Tokenizer
from ui.components import On, bytes64, component
from ui.components.inside_one_head.scenes import scenes
from ui.figures import palette
from ui.show.labels import token_labels, token_texts
from ui.state.session import subject
from ui.state.url import View
from ui.words.en import inside_one_head as words

mount = component("inside_one_head")
CACHED = {"MLA": ("c_kv", "k_rope"), "ordinary": ("k", "v")}  # what stays in the cache
ADDED = ("W_O", "b_O", "out", "residual_after")  # nothing on the page is made from these again
MOST_COLUMNS = 512  # of those that a browser gets: a large model's W_O alone is 17 MB
PARTS_OF_A_SCORE = ("content", "position_scores", "raw")
STREAM = "#7f8c99"
COLOURS = {
    palette.Q: ("W_Q", "b_Q", "q_unrotated", "q", "W_UQ", "q_nope", "W_QR", "q_rope_unrotated",
                "q_rope", "q_latent", "W_DQ", "c_q_raw", "c_q"),
    palette.K: ("W_K", "b_K", "k_unrotated", "k", "W_UK", "k_nope"),
    palette.V: ("W_V", "b_V", "v", "W_UV", "z", "concat"),
    palette.LATENT: ("W_DKV", "b_DKV", "c_raw", "c_kv", "content", "z_latent"),
    palette.ROPE_KEY: ("W_KR", "b_KR", "k_rope_unrotated", "k_rope", "position_scores"),
    palette.PATTERN: ("raw", "scores", "pattern"),
}  # fmt: skip
COLOUR_OF = {name: colour for colour, names in COLOURS.items() for name in names}


def matrix_data(name: str, matrix: Matrix, anatomy: Anatomy) -> dict[str, Any]:
    """One matrix for the browser: exact numbers, and how they follow."""
    absorbed = "q_latent" in anatomy.matrices
    named = words.MATRICES | (words.MATRICES_ABSORBED if absorbed else {})
    letter, what = named.get(name, (name, ""))
    if matrix.how == "given" and matrix.factor != 1:
        what += words.TIMES_FACTOR.format(factor=matrix.factor)
    rows, columns = matrix.values.shape
    if name in ADDED and columns > MOST_COLUMNS:
        what += words.FIRST_COLUMNS.format(shown=MOST_COLUMNS, all=columns)
        matrix = replace(matrix, values=matrix.values[:, :MOST_COLUMNS])
    # the parts of a score have one scale, so that the eye can add them
    together = PARTS_OF_A_SCORE if name in PARTS_OF_A_SCORE else (name,)
    values = [anatomy.matrices[one].values for one in together if one in anatomy.matrices]
    finite = np.abs(np.concatenate([x[np.isfinite(x)] for x in values]))
    wide = not np.array_equal(matrix.values.astype(np.float32), matrix.values, equal_nan=True)
    kind = "MLA" if anatomy.trace.config.attention == "MLA" else "ordinary"
    return {
        "letter": letter,
        "what": what.format(layer=anatomy.layer, before=anatomy.layer - 1),
        "colour": COLOUR_OF.get(name, STREAM),
        "scale": "weights" if name == "pattern" else "signed",
        "most": float(np.quantile(finite, 0.995)) or 1.0,
        "cached": name in CACHED[kind],
        "rows": rows,
        "columns": matrix.values.shape[1],
        "axes": list(matrix.axes),
        "wide": wide,
        "data": bytes64(matrix.values, "<f8" if wide else "<f4"),
        "how": matrix.how,
        "of": list(matrix.of),
        "factor": matrix.factor,
        "offset": matrix.offset,
        "interleaved": matrix.interleaved,
    }


def scene_words(key: str, anatomy: Anatomy, tokenizer: Tokenizer) -> tuple[str, str, str]:
    """(short name, title, text) of a scene, with the sizes of this head."""
    config, there = anatomy.trace.config, anatomy.matrices
    more = words.SCENE_MORE
    and_more = more["position"] if "position" in there else ""
    and_more += more["earlier"] if "earlier" in there else ""
    and_more += more["no_position"] if config.rope is not None else ""
    result = {"out": "out", "q": "q", "k": "k", "v": "v"}.get(key)
    biased = result is not None and len(there[result].of) > 2
    query = "q_nope" if "q_nope" in there else "q"
    scale = there["scores"].factor
    values = {
        "layer": anatomy.layer,
        "d": config.hidden_size,
        "heads": config.num_attention_heads,
        "n": len(anatomy.trace.tokens),
        "k": there[query].values.shape[1],
        "v": there["z"].values.shape[1],
        "c": there["c_kv"].values.shape[1] if "c_kv" in there else 0,
        "r": config.qk_rope_head_dim,
        "scaled": round(scale**-2),
        "scale": f"{scale:.4f}",
        "query": token_labels(anatomy.trace, tokenizer)[-1],
        "norm": words.SCENE_SIGNS["norm" if there["x"].how == "layernorm" else "rms"][1:],
        "and_more": and_more,
        "bias": more["bias"] if biased else "",
        "latent_norm": more["latent_norm"] if "c_raw" in there else "",
    }
    short, title, text = words.SCENES[key]
    return short, title, text.format(**values)


def inside_one_head(
    anatomy: Anatomy,
    tokenizer: Tokenizer,
    *,
    attentions: list[tuple[str, str]],
    attention: str,
    view: View,
    origin: tuple[int, int],
    source: str,
    on: On,
) -> None:
    """Draws it.

    Args:
        anatomy: the head.
        tokenizer: of its model.
        attentions: (the URL's value, name) of the ways to choose from.
        attention: the one that is shown.
        origin: (scene to show; a number that forces a jump to it).
        source: where the numbers come from.
        on: "step" ([scene, `state.subject`]), "head" ([model, layer, head]), "option"
            ([name, value]).
    """
    data = {
        "model": anatomy.trace.model,
        "tokens": token_texts(anatomy.trace, tokenizer),
        "layers": anatomy.trace.config.num_hidden_layers,
        "heads": anatomy.trace.config.num_attention_heads,
        "layer": anatomy.layer,
        "head": anatomy.head,
        "attentions": [list(pair) for pair in attentions],
        "attention": attention,
        "matrices": {n: matrix_data(n, m, anatomy) for n, m in anatomy.matrices.items()},
        "scenes": [
            {"lines": scene.lines, "shelf": scene.shelf}
            | dict(
                zip(
                    ("short", "title", "text"),
                    scene_words(scene.key, anatomy, tokenizer),
                    strict=True,
                )
            )
            for scene in scenes(anatomy)
        ],
        "hasBiases": any(name.startswith("b_") for name in anatomy.matrices),
        "biases": view.biases,
        "hideFirst": not view.first_token,
        "query": view.query_token,
        "step": origin[0],
        "subject": subject(view),
        "jump": origin[1],
        "source": source,
        "words": words.INSIDE_STAGE,
        "colours": {"weights": palette.WEIGHTS, "signed": palette.SIGNED},
    }
    mount(key="inside_one_head", data=data, on=on)
