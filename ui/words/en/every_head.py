"""What the page `every_head` says; {braces} are filled in the browser or by whoever draws."""

KIND_SHARES = {
    "previous": "on the previous token",
    "same": "on the token itself",
    "induction": "on what followed the same word",
    "sink": "on the first token",
    "diffuse": "evenness",
    "local": "on the last four",
}
LAYERS_LABEL = "Layers"
LAYERS = "layers {first} to {last} of {all}"
WALL = {
    "order": "Order",
    "kind": "Show",
    "allKinds": "every kind",
    "compare": "Right side",
    "sinkHide": "Hide the first token",
    "keys": "keys: arrows move, Enter chooses",
    "byEffect": "largest change first, in percent points",
    "layer": "layer {layer}",
    "head": "layer {layer}, head {head}: {kind}",
    "which": "Layer {layer}, head {head}",
    "minus": "minus the original",
    "hint": "rows are queries, columns keys",
    "cell": "{query} → {key}: {value}",
    "effect": "Without this head “{next}” goes from {before} to {after}",
    "enter": "Look inside this head",
    "measuring": "Measuring what each head does for the next token …",
    "alt": "{model}: attention patterns of all {layers} layers and {heads} heads, {count} tokens.",
    "largeAlt": "{model}: attention pattern of layer {layer}, head {head}.",
}
EFFECTS_RECORDED = "; what each head does for the next token: recorded"
NOT_MEASURED_HERE = (
    "What each head does for the next token is not measured here: without a GPU a pass of so large a model for "
    "each head takes too long."
)
HEADS_NOTES = """
**Kinds of heads.** Each head is asked for six things: how much of its attention goes to the token
just before, to the token itself, to what followed an earlier copy of the same word (*induction*),
to the first token, how even it is, and how much goes to the last four. Of those that reach a half
(evenness: 0.8 of the entropy of equal shares) the one that scores highest gives the label; *nearby
tokens* only where no other does, since it contains two of them. What is left looks *by content*.

**What a head is good for** is measured, not read off its pattern: its output is set to zero, all
else runs as before, and the probability of the likeliest next token is read again. One head alone
often changes little: others do the same work.

**Attention is not explanation.** A pattern says where a head reads, not what it takes from there
or whether anybody uses it.
"""
