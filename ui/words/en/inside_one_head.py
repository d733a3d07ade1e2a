"""What the page `inside_one_head` says; {braces} are filled in the browser or by whoever draws."""

TIMES_FACTOR = ", times this model's factor {factor:.4f}"
FIRST_COLUMNS = "; the first {shown} of {all:,} columns"
MATRICES = {  # letter, and what it is
    "embedding": ("E", "the words, looked up"),
    "position": ("P", "their positions, learned"),
    "earlier": ("ΣΔ", "added by layers 0 to {before}"),
    "residual": ("R", "residual stream before layer {layer}"),
    "x": ("X", "normalised"),
    "W_Q": ("W_Q", "weights of this head"),
    "b_Q": ("b_Q", "bias"),
    "q_unrotated": ("Q′", "queries, not turned yet"),
    "q": ("Q", "queries: what each token asks"),
    "W_K": ("W_K", "weights of this head"),
    "b_K": ("b_K", "bias"),
    "k_unrotated": ("K′", "keys, not turned yet"),
    "k": ("K", "keys: what each token offers"),
    "W_V": ("W_V", "weights of this head"),
    "b_V": ("b_V", "bias"),
    "v": ("V", "values: what each token hands over"),
    "W_DKV": ("W_DKV", "down-projection, one for all heads"),
    "b_DKV": ("b_DKV", "bias"),
    "c_raw": ("C′", "the latent before its norm"),
    "c_kv": ("c_KV", "the latent, for all heads"),
    "W_KR": ("W_KR", "one for all heads"),
    "b_KR": ("b_KR", "bias"),
    "k_rope_unrotated": ("k′_R", "not turned yet"),
    "k_rope": ("k_R", "the rope key, for all heads"),
    "W_DQ": ("W_DQ", "down-projection of queries"),
    "b_DQ": ("b_DQ", "bias"),
    "c_q_raw": ("C′_Q", "the query latent before its norm"),
    "c_q": ("c_Q", "the query latent"),
    "W_UQ": ("W_UQ", "weights of this head"),
    "q_nope": ("q_C", "queries, content"),
    "W_QR": ("W_QR", "weights of this head"),
    "q_rope_unrotated": ("q′_R", "not turned yet"),
    "q_rope": ("q_R", "queries, position"),
    "W_UK": ("W_UK", "up-projection of this head"),
    "k_nope": ("k_C", "keys, content: rebuilt"),
    "q_latent": ("W_UKᵀq", "queries, moved into the latent"),
    "W_UV": ("W_UV", "up-projection of this head"),
    "content": ("q_C·k_C", "content scores"),
    "position_scores": ("q_R·k_R", "rope scores"),
    "z_latent": ("A c_KV", "latents, added up by this head's shares"),
    "raw": ("QKᵀ", "scores"),
    "scores": ("S", "scaled, the future masked"),
    "pattern": ("A", "attention pattern"),
    "z": ("Z", "what this head adds up"),
    "concat": ("Z all", "all heads beside each other"),
    "W_O": ("W_O", "output weights, all heads"),
    "b_O": ("b_O", "bias"),
    "out": ("Δ", "what the layer's attention adds"),
    "residual_after": ("R + Δ", "residual stream after it"),
}
MATRICES_ABSORBED = {"content": ("W_UKᵀq·c_KV", "content scores")}  # where they are others
# short name for the path, title, text
SCENES = {
    "start": (
        "words",
        "The words come in",
        "Each token is a row of {d} numbers. Before layer {layer} it holds the word itself{and_more}.",
    ),
    "norm": (
        "norm",
        "Normalise",
        "Each row is brought to a common size ({norm}), so that no loud token drowns the others.",
    ),
    "q": ("Q", "Queries", "X times W_Q: each token turns into a question of {k} numbers.{bias}"),
    "k": (
        "K",
        "Keys",
        "X times W_K: each token's sign of what it can answer. This is cached.{bias}",
    ),
    "v": (
        "V",
        "Values",
        "X times W_V: what a token hands over when it is looked at. Cached too.{bias}",
    ),
    "latent": (
        "latent",
        "One latent for all heads",
        "X is pressed from {d} to {c} numbers a token{latent_norm}. This, and not keys and values, "
        "goes into the cache.",
    ),
    "rope_key": (
        "rope key",
        "One small key with the position",
        "{r} more numbers a token, turned by an angle that grows with its position (RoPE). Cached "
        "as well, shared by all heads.",
    ),
    "query_latent": (
        "c_Q",
        "The query latent",
        "Queries go through a latent of their own: not cached.",
    ),
    "q_nope": (
        "q_C",
        "Queries: content",
        "This head's questions about content, {k} numbers a token.",
    ),
    "q_rope": (
        "q_R",
        "Queries: position",
        "And {r} numbers about position, turned like the rope key.",
    ),
    "k_nope": (
        "k_C",
        "Keys, rebuilt from the latent",
        "The naive way: each head's keys come back out of the shared latent. The absorbed way, to "
        "be chosen above, never does this.",
    ),
    "q_latent": (
        "W_UKᵀq",
        "The query moves into the latent",
        "The absorbed way: W_UK turns this head's query instead of every token's latent. It becomes "
        "{c} numbers and can meet the cache as it is; q · (W_UK c) = (W_UKᵀ q) · c.",
    ),
    "v_up": ("V", "Values, rebuilt from the latent", "And its values, out of the same latent."),
    "meet": (
        "one query",
        "One query meets all keys",
        "The query of “{query}” against each key: multiply number by number, add up. Click a score.",
    ),
    "meet_content": (
        "one query",
        "One query meets all keys: content",
        "The query of “{query}” against each key: multiply number by number, add up. Click a score.",
    ),
    "meet_position": (
        "and position",
        "The same query, by position",
        "And its rope part against the one rope key of each token.",
    ),
    "all": ("scores", "All queries, all keys", "The same for every token: {n} × {n} scores."),
    "add": ("scores", "Content + position = score", "The two kinds of scores are added."),
    "mask": (
        "mask",
        "Scale, and hide the future",
        "Divided by √{scaled} (times {scale}); a token may not look at those that come after it.",
    ),
    "softmax": (
        "softmax",
        "Scores become shares",
        "Softmax row by row: e to the score, divided by the row's sum. Each row adds up to 1.",
    ),
    "mix": (
        "A V",
        "Collect the values",
        "Each token takes its shares of the values: one row of {v} numbers for each.",
    ),
    "mix_latent": (
        "A c_KV",
        "Collect the latents",
        "Each token takes its shares of the cached latents themselves: one row of {c} numbers for "
        "each. No token's values were rebuilt.",
    ),
    "v_after": (
        "W_UV",
        "Values, once, after the sum",
        "W_UV turns each sum into {v} numbers. The order makes no difference: W_UV Σ A c = Σ A "
        "(W_UV c).",
    ),
    "concat": (
        "heads",
        "All heads beside each other",
        "This head's {v} columns among those of all {heads} heads.",
    ),
    "out": ("W_O", "Back to the width of the model", "W_O mixes what all heads found.{bias}"),
    "after": (
        "residual",
        "Added to the stream",
        "Nothing is overwritten: attention adds its finding to what was there.",
    ),
}
SCENE_SIGNS = {
    "norm": ">LayerNorm",
    "rms": ">RMSNorm",
    "turn": ">turned by position",
    "mask": ">scaled, future masked",
    "softmax": ">softmax",
    "concat": ">beside the other heads",
}
SCENE_MORE = {
    "position": " plus its position",
    "earlier": ", and what the layers before have added",
    "no_position": "; its position comes in later, by rotation",
    "bias": " The bias b is there too: the video leaves it out.",
    "latent_norm": " and normalised",
}
INSIDE_STAGE = {
    "attention": "Attention",
    "layer": "Layer",
    "head": "Head",
    "query": "Query",
    "biases": "Show biases",
    "sinkHide": "Hide the first token",
    "keys": "keys: ← → step, Space plays, Shift + arrows move the chosen cell",
    "shelf": "Kept for later",
    "cached": "cached",
    "back": "Back",
    "next": "Next",
    "play": "Play",
    "pause": "Pause",
    "scrub": "Steps",
    "position": "step {step} of {total}",
    "size": "{rows} × {columns}",
    "ask": "Where does a number come from?",
    "askHint": "Click any cell: its row, its column and the sum that made it are shown here.",
    "products": "products",
    "largest": "largest: ",
    "onwards": "scaled {score}, and after softmax a share of {share}",
    "answers": {
        "product": "row of {a} · column of {b}: {count} products add up to {sum}",
        "meeting": "row of {a} · row of {b}: {count} products add up to {sum}",
        "bias": "+ bias {bias} = {value}",
        "sum": "{names}: {terms} = {value}",
        "masked": "{a} × scale: {raw} × {factor} = {value}",
        "future": "This key lies in the future of this query: no score, no share.",
        "softmax": "e^({score} − {most}) = {odds}, divided by the row's sum {all} over {keys} keys = {value}",
        "layernorm": "({x} − mean {middle}) / {spread} × gain {gain} + bias {bias} = {value}",
        "rmsnorm": "{x} / {spread} × gain {gain} = {value}",
        "rotated": "{x1} and {x2} turned (cos {cos}, sin {sin}) give {value}",
        "beside": "column {column} of this head's Z: {value}",
        "other head": "from head {head}, made in the same way: {value}",
        "given": "Given: {what}.",
    },
}
INSIDE_SOURCE = "{provenance}; this layer once more in float64, at most {difference:.0e} from that run's pattern"
INSIDE_NOTES = """
**Real numbers.** Every cell is a number of this model on your text; the sizes are the real ones,
and an axis is as long wherever it appears. Blue is negative, orange positive, each matrix with its
own scale (content, rope and total scores share one); the pattern goes from 0 to 1.

**What the video leaves out** is here: the start token, the biases, the norms, the positions. Hide
the first token or the biases to see the picture of the video; the numbers stay those of the model,
so that the rows of a pattern then add up to less than 1.
"""
