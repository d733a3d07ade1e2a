"""Token labels, the same on every axis of every page: position, dot, text with visible spaces."""

from mla_core.models.config import ModelConfig
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.words.en import common as words


def about_model(config: ModelConfig) -> dict[str, str]:
    """Title and a line on a model, by its attention."""
    converted = config.model_type.startswith("mla_")
    return words.ABOUT["converted" if converted else config.attention]


def visible(token: str) -> str:
    """Spaces and line breaks as signs; characters that would print nothing as their code."""
    shown = token.replace("\n", "⏎").replace("\t", "⇥")
    if shown.startswith(" "):
        shown = "␣" * (len(shown) - len(shown.lstrip(" "))) + shown.lstrip(" ")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) or "∅"


def token_name(token_id: int, tokenizer: Tokenizer, config: ModelConfig) -> str:
    """A token that might come next, as shown beside its probability."""
    ends = token_id == config.bos_token_id
    return words.END_OF_TEXT if ends else visible(tokenizer.decode([token_id]))


def token_texts(trace: Trace) -> list[str]:
    """Each token as shown on a chip; the token between texts by what it does there."""
    shown = [
        words.END_OF_TEXT if token_id == trace.config.bos_token_id else visible(token)
        for token_id, token in zip(trace.token_ids, trace.tokens, strict=True)
    ]
    if trace.has_bos:
        shown[0] = words.START
    return shown


def token_labels(trace: Trace) -> list[str]:
    """`3·␣flag`: unique, so that no axis folds two equal words into one."""
    return [f"{i}·{text}" for i, text in enumerate(token_texts(trace))]


def percent(p: float) -> str:
    """A share as the components print it too: see shared.js."""
    return f"{100 * p:.{0 if 0.0995 <= p < 0.995 else 1}f} %"
