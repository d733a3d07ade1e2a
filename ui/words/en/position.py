"""What the page `position` says; {braces} are filled in the browser or by whoever draws."""

POSITION_HEADLINE = {
    True: "A score has two parts: what the words are, and how far apart they stand.",
    False: "Here the positions are inside X: nobody can take them out of a score again.",
}
SCORE_PARTS = {
    "content": "Content: q_C·k_C",
    "rope": "Position: q_R·k_R",
    "scores": "Score, scaled",
}
ROPE_KEY_SAYS = (
    "{tokens} × {r} numbers, turned by the position of their token: all {heads} heads of the layer "
    "read this one key, each with a query of its own."
)
SPREAD_SAYS = (
    "In this head the content scores spread by {content:.1f} and the rope scores by {rope:.1f} "
    "(standard deviation): the larger has more to say about where it looks."
)
NO_ROPE_KEY = (
    "{model} has no rope key: GPT-2 adds a learned vector for each position to the words before the "
    "first layer, so that content and position travel in one vector. A rope part does not apply; "
    "choose the built-in pair to see one."
)
MOVED = {
    "rotated": {
        "still": "The text where it belongs. It goes on with “{next}” ({percent}).",
        "moved": (
            "No score changes by more than {apart} (they reach {most}): only distances count. It "
            "goes on with “{next}” ({percent})."
        ),
        "off": "Without rotation scores change by up to {apart}. It goes on with “{next}” ({percent}).",
    },
    "learned": {
        "still": "The text where it belongs. It goes on with “{next}” ({percent}).",
        "moved": (
            "Scores change by up to {apart} (they reach {most}): every position has a vector of its "
            "own. It goes on with “{next}” ({percent})."
        ),
        "off": (
            "Without position vectors scores change by up to {apart}. It goes on with “{next}” "
            "({percent})."
        ),
    },
}
POSITION_STAGE = {
    "layer": "Layer",
    "head": "Head",
    "sinkHide": "Hide the first token",
    "cell": "{query} → {key}: {value}",
    "scores": "scores",
    "ropeKey": "One rope key for all heads, k_R",
    "move": "Move the whole sentence",
    "shiftSays": "by {shift}: positions {from} to {to}",
    "off": "Take all positions away",
    "offSays": "no positions at all",
    "headOf": "{model}, layer {layer}, head {head}",
    "why": "Why not rotate the whole key, and save the second one?",
    "whyAbout": (
        "Because the rotation would stand between W_UK and the query. Below, this head's content "
        "keys are rotated for once, with its own weights and this text: the query that would have "
        "to meet the latent, W_UKᵀ R q, is another one for every distance. One absorbed query "
        "cannot serve all keys, so each key would have to be rebuilt after all. DeepSeek's way out: "
        "leave the content unrotated, and add one small key that is."
    ),
    "distance": "distance",
    "absorbedQuery": "the absorbed query W_UKᵀ R q ({width} numbers)",
    "away": "changed",
    "columns": ["key", "rebuilt, rotated", "absorbed anew for each", "absorbed once"],
}
FEWER_SHIFTS = "Moved by at most {most}: the scores of all heads of {model} at more positions would not fit here."
POSITION_NOTES = """
**Two ways to know the order.** GPT-2 learns a vector for every position and adds it to the word:
content and position mix from the first layer on. DeepSeek turns pairs of numbers by an angle that
grows with the position (RoPE), so that a product of two turned vectors depends on their distance.

**Moved, not repeated.** The whole text, start token included, is run again at later positions, as
far as the context goes; nothing stands before it. In training a row of 512 tokens began with a
text and ran on into others: later positions were seen too, but never with nothing before them.

**Taken away** means: no rotation in one model, no position vectors in the other. The causal mask
stays, and with it a faint sense of order.
"""
