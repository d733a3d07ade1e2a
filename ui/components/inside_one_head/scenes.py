"""The scenes of one head: which matrices are shown at each step, in which equation."""

from dataclasses import dataclass

from mla_core.experiments.inside_one_head import Anatomy
from ui.words.en import inside_one_head as words

Line = list[str]  # names of matrices ("k:T" transposed, "q:row" one row), signs, ">arrows"


@dataclass(frozen=True)
class Scene:
    """A step: `key` names its words; `lines` are equations; `shelf` is kept for later steps."""

    key: str
    lines: list[Line]
    shelf: list[str]


def _equation(anatomy: Anatomy, result: str) -> Line:
    """The product that makes a matrix, from its own rule."""
    left, weight, *bias = anatomy.matrices[result].of
    return [left, "×", weight, *(["+", bias[0]] if bias else []), "=", result]


def scenes(anatomy: Anatomy) -> list[Scene]:
    """All steps of a head, in the order of the computation; absent matrices are left out."""
    there = anatomy.matrices
    sign = words.SCENE_SIGNS
    found: list[tuple[str, list[Line]]] = []

    def turned(name: str) -> Line:
        """The product, and the rotation behind it where there is one."""
        if there[name].how != "rotated":
            return _equation(anatomy, name)
        before = there[name].of[0]
        return [*_equation(anatomy, before), sign["turn"], name]

    parts = there["residual"].of
    start = [item for name in parts for item in (name, "+")][:-1]
    found.append(("start", [[*start, "=", "residual"] if len(parts) > 1 else ["residual"]]))
    norm = "norm" if there["x"].how == "layernorm" else "rms"
    found.append(("norm", [["residual", sign[norm], "x"]]))
    latent, absorbed = "c_kv" in there, "q_latent" in there
    if latent:
        line = _equation(anatomy, "c_raw" if "c_raw" in there else "c_kv")
        found.append(("latent", [[*line, sign["rms"], "c_kv"] if "c_raw" in there else line]))
    if "k_rope" in there:
        found.append(("rope_key", [turned("k_rope")]))
    if "c_q" in there:
        line = [*_equation(anatomy, "c_q_raw"), sign["rms"], "c_q"]
        found.append(("query_latent", [line]))
    if "q_nope" in there:
        found += [("q_nope", [_equation(anatomy, "q_nope")]), ("q_rope", [turned("q_rope")])]
    else:
        found.append(("q", [turned("q")]))
    if absorbed:
        query, weight = there["q_latent"].of
        found.append(("q_latent", [[query, "×", f"{weight}:T", "=", "q_latent"]]))
    else:
        key = "k_nope" if "k_nope" in there else "k"
        found.append(("k_nope" if latent else "k", [turned(key)]))
        found.append(("v_up" if latent else "v", [_equation(anatomy, "v")]))
    if "content" in there:
        query, key = there["content"].of
        content = [f"{query}:row", "×", f"{key}:T", "=", "content:row"]
        position = ["q_rope:row", "×", "k_rope:T", "=", "position_scores:row"]
        found += [("meet_content", [content]), ("meet_position", [position])]
        found.append(("add", [["content", "+", "position_scores", "=", "raw"]]))
    else:
        query, key = there["raw"].of
        found.append(("meet", [[f"{query}:row", "×", f"{key}:T", "=", "raw:row"]]))
        found.append(("all", [[query, "×", f"{key}:T", "=", "raw"]]))
    found.append(("mask", [["raw", sign["mask"], "scores"]]))
    found.append(("softmax", [["scores", sign["softmax"], "pattern"]]))
    if absorbed:
        found.append(("mix_latent", [_equation(anatomy, "z_latent")]))
        found.append(("v_after", [_equation(anatomy, "z")]))
    else:
        found.append(("mix", [_equation(anatomy, "z")]))
    found.append(("concat", [["z", sign["concat"], "concat"]]))
    found.append(("out", [_equation(anatomy, "out")]))
    found.append(("after", [["residual", "+", "out", "=", "residual_after"]]))
    return [
        Scene(key, lines, _kept(anatomy, [shown for _, shown in found], step))
        for step, (key, lines) in enumerate(found)
    ]


def _names(lines: list[Line]) -> list[str]:
    return [item.partition(":")[0] for line in lines for item in line]


def _kept(anatomy: Anatomy, steps: list[list[Line]], step: int) -> list[str]:
    """What an earlier step has made, and a later one needs, but this one does not show."""
    here = _names(steps[step])
    made = [name for lines in steps[:step] for name in _names(lines)]
    later = {name for lines in steps[step + 1 :] for name in _names(lines)}
    kept = []
    for name in dict.fromkeys(made):
        matrix = anatomy.matrices.get(name)
        weight = matrix is None or (matrix.how == "given" and name != "residual")
        if not weight and name in later and name not in here:
            kept.append(name)
    return kept
