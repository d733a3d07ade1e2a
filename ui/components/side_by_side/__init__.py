"""Two models beside each other, stepped token by token in the browser."""

from typing import Any

from mla_core.models.config import ModelConfig
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.components import VALUE_BYTES, On, bytes64, component
from ui.figures import palette
from ui.show.labels import about_model, token_name, token_texts
from ui.state.session import subject
from ui.state.url import View, continuations, limits
from ui.words.en import common
from ui.words.en import side_by_side as words

SHOWN_NEXT = 6  # tokens listed under "what comes next"

mount = component("side_by_side")


def cache_parts(config: ModelConfig, value: int) -> tuple[dict[str, int], str]:
    """(numbers a token leaves in one layer's cache, by what they are; the same as a sentence).

    Args:
        value: bytes of a number.
    """
    layers = config.num_hidden_layers
    total = value * config.cached_values
    if config.attention == "MLA":
        c, r = sum(config.ranks) // layers, config.qk_rope_head_dim
        form = words.LATENT_FORMULA if r else words.CONVERTED_FORMULA
        formula = form.format(c=c, r=r, layers=layers, value=value, total=total)
        return {"c_kv": c} | ({"k_rope": r} if r else {}), formula
    heads, k = config.num_key_value_heads, config.head_dim
    formula = words.HEADS_FORMULA.format(heads=heads, k=k, layers=layers, value=value, total=total)
    return {"k": heads * k, "v": heads * k}, formula


def side(
    trace: Trace,
    tokenizer: Tokenizer,
    head: tuple[int, int],
    source: str,
) -> dict[str, Any]:
    """What the component needs of one model: numbers of the trace, nothing made up.

    Args:
        trace: with next_ids, next, pattern and cache_nbytes.
        tokenizer: of the model.
        head: (layer, head) to draw.
        source: where the numbers come from, in a few words.
    """
    layers, heads = trace.pattern.shape[:2]

    about = about_model(trace.config)
    parts, formula = cache_parts(trace.config, VALUE_BYTES[trace.dtype])
    total = sum(parts.values())
    return {
        "model": trace.model,
        "title": about["title"],
        "about": about["about"],
        "parts": [
            {
                "name": common.CACHE_PARTS[name],
                "colour": palette.CACHE_PARTS[name],
                "share": numbers / total,
            }
            for name, numbers in parts.items()
        ],
        "formula": formula,
        "source": source,
        "colour": palette.of_model(trace.model),
        "tokens": token_texts(trace, tokenizer),
        "promptLength": trace.prompt_length,
        "pattern": bytes64(trace.pattern[head]),
        "layer": head[0],
        "head": head[1],
        "layers": layers,
        "heads": heads,
        "next": [
            [
                [token_name(int(i), tokenizer, trace.config), float(p)]
                for i, p in zip(ids[:SHOWN_NEXT], chances, strict=False)
            ]
            for ids, chances in zip(trace.next_ids, trace.next, strict=True)
        ],
        "nbytes": list(trace.cache_nbytes),
    }


def side_by_side(
    sides: list[dict[str, Any]],
    *,
    prompt: str,
    origin: tuple[int | None, int],
    view: View,
    may_grow: bool,
    on: On,
) -> None:
    """Draws both models.

    Args:
        sides: from `side`, left and right.
        prompt: a new one starts at `origin`; another continuation keeps the step.
        origin: (step, or None for the end of the prompt; a number that forces a jump).
        view: the options to show: who leads, how freely, with or without the first token.
        may_grow: whether a step past the last token asks for more.
        on: "step" and "more" ([step, `state.subject`]: where the reader rests, and how far they
            want the text to go), "head" ([model, layer, head]), "option" ([name, value]).
    """
    data = {
        "sides": sides,
        "prompt": prompt,
        "subject": subject(view),
        "step": origin[0],
        "jump": origin[1],
        "hideFirst": not view.first_token,
        "lead": view.continuation,
        "leads": list(
            zip(continuations([side["model"] for side in sides]), common.LEADS, strict=False)
        ),
        "temperature": view.temperature,
        "maxTemperature": View.temperature.high,
        "ranges": limits(View.temperature),
        "seed": view.seed,
        "mayGrow": may_grow,
        "words": common.STAGE,
        "colours": palette.WEIGHTS,
    }
    mount(key="side_by_side", data=data, on=on)
