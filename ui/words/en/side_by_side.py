"""What the page `side_by_side` says; {braces} are filled in the browser or by whoever draws."""

HEADS_FORMULA = "2 · {heads} heads · {k} numbers · {layers} layers · {value} B = {total:,} B"
LATENT_FORMULA = "({c} + {r}) numbers · {layers} layers · {value} B = {total:,} B"

CONVERTED_FORMULA = "{c} numbers · {layers} layers · {value} B = {total:,} B"

_LOOKS = """
**Where it looks.** One attention head of each model, opened on the one that most clearly picks out
an earlier word. Each row is a token asking, each column a token it may look at, and each row adds
up to 1.

**The first token.** A head that finds nothing to look at must still spend its attention somewhere:
it learns to spend it on ⟨start⟩, the *attention sink*. Hide it to see the rest, scaled back to 1.
"""
# under "Side by side", by the kind of pair that is chosen
NOTES = {
    "mini": _LOOKS
    + """
**The cache.** To write the next token, each model reads what it kept of all earlier ones. Ordinary
attention keeps K and V of every head; Multi-head Latent Attention keeps one latent and one rope key
for all heads, and reads them as they are. Both pictures have one scale: equal areas are equal bytes.

**The models** are small ones of our own, trained alike on the same simple texts: they know little
and often err. They differ in more than attention, as GPT-2 and DeepSeek do (positions, norms).
Every number was computed by them; each picture says when and where.
""",
    "converted": _LOOKS
    + """
**The cache.** To write the next token, each model reads what it kept of all earlier ones. The
original keeps K and V of every head; its conversion keeps one latent for all heads, and no rope key: GPT-2's
positions are in the words themselves. Both pictures have one scale: equal areas are equal bytes.

**The models** are one model twice: as it is, and with its keys and values pressed through a
latent, without any training. How small that may be is the page *Latent compression*. Every number
was computed by them; each picture says when and where.
""",
    "large": _LOOKS
    + """
**The cache.** To write the next token the model reads what it kept of all earlier ones: in every layer one
latent and one rope key a token, the same for all its heads.

**The model** is the download, or what lies in the directory that this server was given; its embeddings, norms, experts and output are
transformers' code, its attention and its cache are ours. Every number was computed by it on this server.
""",
}
