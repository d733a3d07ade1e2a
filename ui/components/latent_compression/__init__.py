"""One size of the latent, and what it does to a head, to all heads, to what comes next."""

import numpy as np

from mla_core.experiments.latent_compression import Comparison, Compression
from mla_core.experiments.latent_compression.differences import attention_moved
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.components import On, bytes64, component
from ui.figures import palette
from ui.show.labels import token_name, token_texts
from ui.state.url import View
from ui.words.en import common
from ui.words.en import latent_compression as words

SHOWN_NEXT = 7  # tokens listed under "what comes next"
BYTES_FLOAT32 = 4
GRID_SCALE = 0.5  # of its attention moved: there the colour of a head is full

mount = component("latent_compression")


def latent_compression(
    before: Trace,
    compared: Comparison,
    inside: Compression,
    *,
    tokenizer: Tokenizer,
    head: tuple[int, int],
    view: View,
    fails: str,
    source: str,
    on: On,
) -> None:
    """Draws the page.

    Args:
        before: of the original, perhaps with generated tokens, which are left out.
        compared: the conversion on the same prompt.
        inside: what the conversion keeps and loses.
        head: (layer, head) to look at.
        fails: the sentence on what fails first.
        on: "rank" (the size, as often as the slider asks while it is dragged), "head" ([model,
            layer, head]), "option" ([name, value]).
    """
    after = compared.trace
    n = len(after.tokens)
    layer, number = head
    patterns = before.pattern[:, :, :n, :n], after.pattern
    grid = {
        "moved": attention_moved(*patterns),
        "keys": inside.key_error,
        "values": inside.value_error,
    }[view.measure]
    heads = before.config.num_attention_heads
    scale = GRID_SCALE if view.measure == "moved" else 1.0
    grid = np.repeat(grid, heads // grid.shape[1], axis=1)  # GQA: heads that share a key
    latent = after.c_kv[layer][:, : after.config.ranks[layer]]

    def name(token_id: int) -> str:
        return token_name(token_id, tokenizer, before.config)

    data = {
        "model": before.model,
        "rank": sum(after.config.ranks) // len(after.config.ranks),
        "maxRank": before.config.hidden_size,
        "layers": before.config.num_hidden_layers,
        "heads": heads,
        "valuesBefore": before.config.cached_values,
        "bytesPerValue": BYTES_FLOAT32,
        "methods": list(common.METHODS.items()),
        "method": view.method,
        "ranksOffered": list(words.RANKS.items()),
        "ranks": view.ranks,
        "measures": list(common.MEASURES.items()),
        "measure": view.measure,
        "tokens": token_texts(after, tokenizer),
        "before": bytes64(patterns[0][layer, number]),
        "after": bytes64(patterns[1][layer, number]),
        "layer": layer,
        "head": number,
        "grid": bytes64(grid),
        "gridScale": scale,
        "latent": bytes64(latent),
        "latentRank": latent.shape[1],
        "latentScale": float(np.quantile(np.abs(latent), 0.99)) or 1.0,
        "next": [
            (name(int(i)), float(before), float(after))
            for i, before, after in zip(
                compared.next_ids, compared.next_before, compared.next_after, strict=True
            )
        ][:SHOWN_NEXT],
        "klTitle": words.KL_TITLE,
        "kl": words.KL.format(last=f"{compared.kl[-1]:.4f}", mean=f"{compared.kl.mean():.4f}"),
        "fails": fails,
        "source": source,
        "alt": common.PATTERN_ALT.format(model=before.model, layer=layer, head=number, count=n),
        "words": words.COMPRESSION,
        "colours": {
            "weights": palette.WEIGHTS,
            "signed": palette.SIGNED,
            "lost": palette.LOST,
            "latent": palette.LATENT,
            "before": palette.K,
        },
    }
    mount(key="latent_compression", data=data, on=on)
