"""Every word of the interface, in one place: other languages will come."""

TITLE = "MLA Explorer"
SIDE_BY_SIDE = "Side by side"
DEEPSEEKS_SCALE, SPEED, CLAIMS = "At DeepSeek's scale", "Speed", "Claims, checked"
TAGLINE = "One sentence, two machines: what each computes, keeps, and reads again."

PROMPT_LABEL = "Type a text of your own"
RUN = "Run"
COUNT = "{count} of {limit} tokens"
MORE_THAN = "more than {count}"
TRY = "or try"
EMPTY = "Type a few words, then press Run: there is nothing to run yet."
TOO_LONG = (
    "This text has {count} tokens; the page takes {limit}, so that both patterns stay legible. "
    "Shorten it and press Run again: it stays in the box."
)

# the ready-made prompts; each has a recorded trace under assets/traces
PROMPTS = {
    "flag": "The American flag is red, white, and",
    "capitals": "The capital of Italy is Rome. The capital of France is",
    "story": "Once upon a time, there was a little girl named Lily. Lily had a red",
    "opposites": "The opposite of big is small, and the opposite of fast is",
    "days": "Monday, Tuesday, Wednesday,",
    "friends": "Tom gave the ball to Anna, and then Anna gave the ball to",
}
PROMPT_NAMES = {
    "flag": "The flag",
    "capitals": "Capitals",
    "story": "A story",
    "opposites": "Opposites",
    "days": "Days of the week",
    "friends": "Who gets the ball?",
}

MODELS = ("mini-gpt2", "mini-mla")  # what a new visitor sees
ABOUT = {
    "MHA": {
        "title": "GPT-2 style, MHA",
        "about": "Every head keeps keys and values of its own for every token.",
    },
    "GQA": {
        "title": "Grouped-query attention",
        "about": "Each group of heads shares one pair of keys and values.",
    },
    "MQA": {
        "title": "Multi-query attention",
        "about": "All heads share one pair of keys and values.",
    },
    "MLA": {
        "title": "Multi-head Latent Attention",
        "about": "Every token leaves one small latent c_KV and one rope key, shared by all heads.",
    },
    "converted": {
        "title": "The same model, made latent",
        "about": "Its keys and values pressed through one latent c_KV a layer, without training.",
    },
}


def about(model_type: str, attention: str) -> dict[str, str]:
    """Title and a line on a model."""
    return ABOUT["converted" if model_type.startswith("mla_") else attention]


PAIRS = {
    "mini": "Small pair, built in",
    "same": "Small GPT-2, made latent",
    "gpt2": "GPT-2 itself",
    "large": "A large MLA model",
}
PAIR_LABEL = "Models"

KEYS, VALUES, LATENT, ROPE_KEY = "K", "V", "c_KV", "rope key"
HEADS_FORMULA = "2 · {heads} heads · {k} numbers · {layers} layers · {value} B = {total:,} B"
LATENT_FORMULA = "({c} + {r}) numbers · {layers} layers · {value} B = {total:,} B"

CONVERTED_FORMULA = "{c} numbers · {layers} layers · {value} B = {total:,} B"

RECORDED = "recorded on {device}, {model}, {dtype}"
COMPUTED = "computed now on {device}, {model}, {dtype}"
THROUGH = {"TransformerBridge": " through TransformerLens"}
LOADING = "Loading the models for the first time since the server started …"
WAITING = "Running your text …"

LEADS = ("Each its own", "GPT-2 leads", "MLA leads")

RESTORE = "To restore the embedded models: `git checkout -- assets/models`, then restart the app."
MODEL_ERROR = "{reason}. The ready-made texts still show recordings. " + RESTORE
OTHER_MODEL_ERROR = "{reason}. The built-in pair keeps working."
UNEXPECTED = "Something went wrong on our side. Your text is kept: reload the page to go on."
NO_TOKENIZER = "No tokenizer.json under assets/models can be read. " + RESTORE

_LOOKS = """
**Where it looks.** One attention head of each model, opened on the one that most clearly picks out
an earlier word. Each row is a token asking, each column a token it may look at, and each row adds
up to 1.

**The first token.** A head that finds nothing to look at must still spend its attention somewhere:
it learns to spend it on ⟨start⟩, the *attention sink*. Hide it to see the rest, scaled back to 1.
"""

ORIGINALS = {"same": "mini-gpt2", "gpt2": "gpt2"}  # pairs of a model and its own conversion
# under "Side by side", by the pair that is chosen
NOTES = (
    {
        "mini": _LOOKS
        + """
**The cache.** To write the next token, each model reads what it kept of all earlier ones. Ordinary
attention keeps K and V of every head; Multi-head Latent Attention keeps one latent and one rope key
for all heads, and reads them as they are. Both pictures have one scale: equal areas are equal bytes.

**The models** are small ones of our own, trained alike on the same simple texts: they know little
and often err. They differ in more than attention, as GPT-2 and DeepSeek do (positions, norms).
Every number was computed by them; each picture says when and where.
""",
    }
    | {
        pair: _LOOKS
        + """
**The cache.** To write the next token, each model reads what it kept of all earlier ones. The
original keeps K and V of every head; its conversion keeps one latent for all heads, and no rope key: GPT-2's
positions are in the words themselves. Both pictures have one scale: equal areas are equal bytes.

**The models** are one model twice: as it is, and with its keys and values pressed through a
latent, without any training. How small that may be is the page *Latent compression*. Every number
was computed by them; each picture says when and where.
"""
        for pair in ORIGINALS
    }
    | {
        "large": _LOOKS
        + """
**The cache.** To write the next token the model reads what it kept of all earlier ones: in every layer one
latent and one rope key a token, the same for all its heads.

**The model** is the download, or what lies in the directory that this server was given; its embeddings, norms, experts and output are
transformers' code, its attention and its cache are ours. Every number was computed by it on this server.
"""
    }
)

CLOSER = "Exact values, pictures and data"
CLOSER_NOTE = "Rows are queries, columns are keys; hover a cell for its value. The camera saves an SVG picture."
TAKE_AWAY = "The numbers of this page: {model} (.npz)"
DOWNLOAD = "Trace of {model} (.npz)"
PATTERN_TITLE = "{model}: attention of layer {layer}, head {head}"
PATTERN_ALT = (
    "Heatmap of the attention pattern of {model}, layer {layer}, head {head}, "
    "{count} tokens: rows are queries, columns are keys."
)
CACHE_TITLE = "KV cache, measured after each token"
CACHE_ALT = "Two lines: bytes in the KV cache after each token, for {models}."
TOKENS_AXIS = "tokens in the cache"
BYTES_AXIS = "bytes"
QUERY, KEY, WEIGHT = "query", "key", "attention"

# spoken by the stage component; {braces} are filled in the browser
STAGE = {
    "reset": "Reset",
    "back": "Back",
    "play": "Play",
    "pause": "Pause",
    "step": "Step",
    "scrub": "Tokens processed",
    "position": "token {step} of {total}",
    "reading": "reading the prompt",
    "generating": "generating",
    "asking": "generating more …",
    "end": "that is as far as this page generates",
    "keys": "keys: ← → step, Space plays, Home and End",
    "lead": "Continuation",
    "temperature": "Temperature",
    "temperatureHelp": "0 always takes the likeliest token; higher values draw one",
    "again": "Draw again",
    "sinkHide": "Hide the first token",
    "sinkHelp": "drops the sink's column and scales each row back to 100 %",
    "layer": "Layer",
    "head": "Head",
    "pattern": "Where it looks",
    "patternHint": "rows are queries, columns keys",
    "next": "What comes next",
    "cache": "KV cache",
    "cacheNow": "{bytes}",
    "cacheRate": "{bytes} a token",
    "cacheScale": "drawn to the same scale on both sides; one slice a token",
    "ratio": "{ratio} times less",
    "looks": "“{query}” looks most at “{key}” ({percent})",
    "sink": "{percent} of its attention goes to the first token, the sink",
    "sinkHidden": "first token hidden, rows scaled back to 100 %",
    "alone": "the first token can only look at itself",
    "start": "⟨start⟩",
    "end of text": "⟨end⟩",
    "cell": "{query} → {key}: {value}",
}

LATENT_COMPRESSION = "Latent compression"
# models that the page makes latent, by the pair that is chosen
CONVERTED = {
    "mini": ("mini-gpt2", "mini-mha"),
    "same": ("mini-gpt2",),
    "gpt2": ("gpt2",),
    "large": ("mini-gpt2", "mini-mha"),  # a large one is latent already
}
LATENT_ALREADY = (
    "{model} was trained with its latent: there is nothing to press. What it keeps can be looked at under "
    "*Inside one head* and *The cache grows*; here a small model is made latent after its training."
)
CONVERTED_NAMES = {
    "mini-gpt2": "mini-gpt2: learned positions, like GPT-2",
    "mini-mha": "mini-mha: rotated keys, like Llama",
    "gpt2": "GPT-2",
}
CONVERTED_LABEL = "Model"
METHODS = {
    "auto": "auto: the best of the last four, layer by layer",
    "split": "split SVD: K and V apart",
    "joint": "joint SVD of the weights",
    "whitened": "whitened by the activations",
    "balanced": "whitened, K and V balanced",
    "head-aware": "head-aware: K by the queries, V by W_O",
    "loss-aware": "loss-aware: by the gradient of the loss",
}
SPREADS = {"same": "the same in every layer", "layerwise": "spread to lose least"}
MEASURES = {
    "moved": "attention moved, this text",
    "keys": "keys lost, calibration text",
    "values": "values lost, calibration text",
}

# spoken by the compression component; {braces} are filled in the browser
COMPRESSION = {
    "dial": "Size of the latent",
    "headline": "{rank} numbers",
    "rate": "{bytes} a token in {layers} layers; ordinary attention: {all}",
    "ratio": "{ratio} times smaller",
    "method": "Method",
    "spread": "Rank",
    "before": "Before",
    "after": "After",
    "difference": "After − before",
    "hint": "rows are queries, columns keys",
    "layer": "Layer",
    "head": "Head",
    "next": "What comes next",
    "nextHint": "before and after",
    "grid": "All heads",
    "gridHint": "click one to look at it",
    "gridCell": "layer {layer}, head {head}: {value}",
    "latent": "The latent itself, layer {layer}",
    "latentHint": "rows are tokens, columns its {rank} numbers, the most valuable first",
    "latentCell": "{token}, number {column}: {value}",
    "cell": "{query} → {key}: {value}",
}
KL = "{last} nats at the last token, {mean} on average"
KL_TITLE = "KL divergence: "
FAILS_HEAD = (
    "The first head to lose its place is layer {layer}, head {head}: with {rank} numbers "
    "{moved} of its attention lies elsewhere."
)
FAILS_NO_HEAD = "No head loses a tenth of its attention down to {least} numbers."
FAILS_TOKEN = (
    "The first prediction to change is the one after “{after}”: with {rank} numbers “{was}” "
    "becomes “{became}”."
)
FAILS_NO_TOKEN = "No prediction changes down to {least} numbers."
FAILS_TRIED = "(Tried from {most} numbers down in steps of {step}.)"
FAILS_WAITING = "Looking for what fails first …"
COMPUTED_COMPRESSION = "{after} · method {method} · calibrated on {tokens:,} tokens of {whose}"
WHOSE_TEXT = {False: "our training text", True: "your text"}
OWN_TEXT = "Calibrate on a text of your own"
OWN_TEXT_ABOUT = (
    "The methods from “whitened” on keep what matters for the text they are calibrated on. Give "
    "a text of at least as many tokens as the latent has numbers; a few pages are better. It "
    "stays on this server; reading it takes seconds, with GPT-2 longer."
)
OWN_TEXT_USE = "Use this text"
OWN_TEXT_OURS = "Back to our text"
NAIVE_ONLY = (
    " This model rotates its keys after they are rebuilt: its conversion can run the naive path "
    "only, and must rebuild all keys at each step."
)

CURVE_TITLE = "{model}: loss against cache size"
CURVE_ALT = (
    "Lines of the held-out loss of {model} against the numbers cached a token and layer, one for "
    "each way to convert it, with the natively trained models and the present choice as points."
)
CURVE_X = "numbers cached a token and layer"
CURVE_Y = "loss, nats a token"
CURVE_NOTE = (
    "Lines: recorded on one {device}, {date}, torch {torch}, {texts} held-out texts. "
    "Crosses: after 60 s of healing on the same GPU (only the factors are trained). "
)
CURVE_LIVE = (
    "The ring is your choice, measured now on {texts} of those texts ({increase:+.3f} nats, drawn "
    "above the recorded loss of the original)."
)
CURVE_WAITING = "Your choice is being measured on {texts} held-out texts …"
LIVE = "your choice, now"
LAYERWISE = "auto, spread"
TRAINED = "trained from the start"
NO_CURVE = "Loss curves are recorded for the built-in models only."
HEALED = "healed for 60 s"
SPECTRUM_TITLE = "Layer {layer}: worth of each direction"
SPECTRUM_ALT = (
    "Falling line of what each of {count} directions of layer {layer} is worth; {rank} are kept."
)
SPECTRUM_X, SPECTRUM_Y = "direction", "share of the energy"
SPECTRUM_CUT = "dropped"
SPECTRUM_KEPT = "{rank} kept by {method}: {kept:.2%} of the energy"
LAYERS_TITLE = "Layer by layer"
LAYER_COLUMNS = ("layer", "rank", "method", "energy kept", "worst head: keys lost", "values lost")

WHY = "Why this works"
WHY_EXACT = """
Four things cost GPT-2 nothing, measured just now on your text in float32 (largest difference
anywhere; the largest logit is {largest_logit:.1f}):

| what | largest difference |
|---|---|
| **Drop the key bias.** It adds the same to every score of a row, and softmax does not see that. | {key_bias:.1e} of attention |
| **Fold the value bias into W_O's.** The rows of a pattern add up to 1, so it comes out whole. | {value_bias:.1e} of a logit |
| **A latent as wide as the model (rank {d}).** K and V are both made from the same {d} numbers: half the cache for no loss at all. | {full_rank:.1e} of a logit |
| **Absorb the up-projections.** Queries move into the latent instead of keys out of it. | {absorbed:.1e} of a logit |
"""
WHY_NOTES = """
**One latent, two jobs.** Keys and values are both linear in the same vector x. So a smaller vector
c_KV = W_DKV (x − shift) can stand in for both, as long as the directions of x that it drops matter
little. Every method here is an answer to *which directions matter*, and all are least squares: no
training.

**The first token for free.** ⟨start⟩ is where heads put the attention they do not need, and its x
lies far from all others. Measured from there (shift = x of the first token), its latent is zero and
its keys and values stay exact. The head-aware and the loss-aware method do so; measured from the
mean instead, a cut at this place costs them more.
"""
WHY_CURVE = """
**What training natively buys.** The diamond is mini-mla, which learned its latent from the start:
80 numbers a token and layer, and almost the loss of full attention. No conversion of a finished
model comes near it at that size; healing goes a part of the way.
"""

OWN_RANK = "Start with an eighth of the cache"
RANK_PROBLEM = "The latent can have 1 to {most} numbers here; the link asks for {rank}."

TRY_AGAIN = "Try again"
CALIBRATING = "Calibrating {model}, once for this server …"
CALIBRATING_WHY = (
    "Which directions of its keys and values matter shows in what it does with text: it reads "
    "some of ours, forwards and backwards. That takes a minute or two on two cores and is kept."
)

DOWNLOAD_TITLE = "{name} is not on this machine yet"
DOWNLOAD_ABOUT = {
    "gpt2": "The model with 124 million parameters that the video shows.",
    "large": "Its own weights, safetensors only, with a checksum; no code of it is run.",
}
DOWNLOAD_ONCE = (
    " It is fetched once from {host}, for everybody on this server; the built-in pair keeps working "
    "meanwhile."
)
DOWNLOAD_START = "Download {name} ({size})"
DOWNLOAD_GO_ON = "Go on with the download ({here:,.0f} MB are here)"
DOWNLOAD_CANCEL = "Cancel"
DOWNLOAD_PROGRESS = "{here:,.1f} of {total:,.1f} MB"
DOWNLOAD_ASKING = "Asking {host} …"
DOWNLOAD_BY_HAND = (
    "Or start the server with {variable} set to a directory with config.json, "
    "model.safetensors{shards} and tokenizer.json{more}."
)
DOWNLOAD_SHARDS = " (or several, with their index)"
DOWNLOAD_GPT2 = " (or vocab.json and merges.txt)"

LARGE_LABEL = "Large model"
LARGE_NAME = "{name} · {parameters:.3g} billion parameters"
CHAT = "Chat template"
CHAT_HELP = "puts what this model's own template says around your text, as in a conversation"
LARGE_ABOUT = (
    "**{layers} layers × {heads} heads**, latent {c} + {r}. In each layer a token leaves {c} + {r} numbers, "
    "where this model's own heads, with keys and values of their own, would leave {own:,}: **{ratio:.3g} times** less. "
)
LARGE_ROOM = "It needs **{needed:.1f} GB** of memory in {dtype}; {where} has **{free:.1f} GB** free of {total:.1f}."
LARGE_OPEN = "It is open in {dtype}."
LARGE_WHERE = {"cuda": "this machine's GPU memory", "cpu": "this machine (no GPU)"}
LARGE_TOO_SMALL = (
    "{name} does not fit into this machine's memory: it needs {needed:.1f} GB in {dtype}, {free:.1f} GB are free. "
    "Choose a smaller one, or start the server on a machine with more; nothing was downloaded."
)
LARGE_HEAD = "| model | fits here | memory needed | to download | parameters | layers × heads | latent |\n|---|---|--:|--:|--:|--:|--:|"
LARGE_ROW = "| {name} | {fits} | {needed:.1f} GB | {size:.1f} GB | {parameters:.3g} billion | {layers} × {heads} | {c} + {r} |"
LARGE_OTHER = "{directory}/config.json is that of {kind}, which has no latent attention"
LARGE_SIZE = "{size:.1f} GB"
LARGE_FITS = {True: "yes", False: "no"}
LARGE_SOURCE = "Sizes: {source}."

EVERY_HEAD = "Every head"
ORDERS = {"layer": "by layer", "kind": "by kind", "effect": "by effect on the next token"}
COMPARES = {"patterns": "both patterns", "difference": "the conversion minus the original"}
# in the order in which a head is asked for them: see mla_core.experiments.every_head.kinds
KINDS = {
    "previous": "previous token",
    "same": "the token itself",
    "induction": "induction",
    "sink": "first token, the sink",
    "diffuse": "spread out",
    "local": "nearby tokens",
    "content": "by content",
}
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
    "sinkHelp": STAGE["sinkHelp"],
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
NOT_MEASURED_HERE = (
    "What each head does for the next token is not measured here: without a GPU a pass of so large a model for "
    "each head takes too long."
)
HEADLINE = (
    "Layer {layer}, head {head} of {model} is worth a look: “{query}” gives {percent} of its "
    "attention to “{key}”."
)
HEADLINE_EFFECT = " Without this head “{next}” goes from {before} to {after}."
HEADLINE_SHORT = "No word here can only be found by its content: type a longer sentence to see one."
HEADS_NOTES = """
**Kinds of heads.** Each head is asked for six things: how much of its attention goes to the token
just before, to the token itself, to what followed an earlier copy of the same word (*induction*),
to the first token, how even it is, and how much goes to the last four. The first that reaches a
half (evenness: 0.8 of the entropy of equal shares) gives the label. What is left looks *by content*.

**What a head is good for** is measured, not read off its pattern: its output is set to zero, all
else runs as before, and the probability of the likeliest next token is read again. One head alone
often changes little: others do the same work.

**Attention is not explanation.** A pattern says where a head reads, not what it takes from there
or whether anybody uses it.
"""

ATTENTIONS = {"MHA": "the ordinary way", "MLA": "the MLA way"}

INSIDE = "Inside one head"
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
    "W_UV": ("W_UV", "up-projection of this head"),
    "content": ("q_C·k_C", "content scores"),
    "position_scores": ("q_R·k_R", "rope scores"),
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
        "The naive way: each head's keys come back out of the shared latent. (The page "
        "“Absorption” shows how this is avoided.)",
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

ABSORPTION = "Absorption"
ABSORPTION_HEADLINE = (
    "Two ways, one result: this layer's output differs by at most {layer_difference:.1e} (the "
    "largest number is {largest_output:.2f}), the logits by {logit_difference:.1e} (of "
    "{largest_logit:.1f}). The second way never rebuilds a key."
)
WAY_TITLES = {"naive": "Naive: rebuild, then attend", "absorbed": "Absorbed: move the matrices"}
WAY_READS = "Reads {read:,} numbers ({nbytes:,} B) of {tokens} tokens from the cache"
WAY_ABOUT = {
    "naive": ", makes {rebuilt:,} numbers of keys and values out of them, uses them once, throws them away.",
    "absorbed": " and uses them as they are: the latent is key and value at once.",
}
WAY_PRODUCTS = {
    "naive": {
        "keys": "K = W_UK c, every head and token",
        "values": "V = W_UV c, every head and token",
        "scores": "scores q·k",
        "sum": "sum A v",
    },
    "absorbed": {
        "query": "W_UKᵀ q, once",
        "scores": "scores with c and k_R",
        "sum": "sum A c",
        "output": "W_UV behind the sum, once",
    },
}
WAY_TOTAL = "{macs:,} multiply-adds, counted while it ran"
SHAPE_OWN = "{model}, {dtype}"
SHAPE_DEEPSEEK = "a layer of DeepSeek-V2, V3 or R1, bfloat16"
ABSORPTION_LAYER = {
    "layer": "Layer",
    "head": "Head",
    "key": "Key of the check",
    "growth": "Drag the context, one layer, one new token",
    "shape": "Sizes",
    "context": "Tokens in the cache",
    "tokens": "tokens",
    "macs": "multiply-adds",
    "bytes": "bytes ({type})",
    "ran": "This is what just ran.",
    "beyond": "By formula: beyond what was run.",
    "growthSays": (
        "{status}\nMultiply-adds: naive {naive}, absorbed {absorbed} ({ratio} times fewer).\n"
        "Cache read by both: {read}B; without a latent {heads}B.\nRebuilt in passing: {rebuilt}B, "
        "absorbed none."
    ),
    "lines": {
        "naive": "naive",
        "absorbed": "absorbed",
        "heads": "MHA",
        "cache": "MLA's cache",
        "rebuilt": "rebuilt",
    },
    "algebra": "Why that is allowed: three short steps, checked on these numbers",
    "steps": [
        {
            "title": "1. W_UK moves to the query",
            "equation": "q · (W_UK c) = (W_UKᵀ q) · c",
            "about": "For the key “{token}”: {n} products on the left, {c} on the right, one score.",
            "sides": ["q·k", "q̃·c"],
        },
        {
            "title": "2. W_UV moves behind the sum",
            "equation": "Σ A (W_UV c) = W_UV (Σ A c)",
            "about": "First rebuild and add up, or first add up and rebuild once.",
        },
        {
            "title": "3. W_O could swallow W_UV",
            "equation": "W_O (W_UV z) = (W_O W_UV) z",
            "about": (
                "So the weights could be multiplied once and for all, and W_UK with W_Q as well. "
                "Nobody does: at DeepSeek's sizes the products are larger than their parts."
            ),
            "sizes": True,
        },
    ],
    "difference": "largest difference: {difference}",
}
MERGED_OWN = (
    "This layer: {apart:,} numbers apart, {merged:,} multiplied ({ratio:.1f} times as many)."
)
MERGED_DEEPSEEK = "DeepSeek-V2: {apart:,} apart, {merged:,} multiplied ({ratio:.1f} times as many)."
ABSORPTION_NOTES = """
**What is absorbed.** Matrix products may be bracketed as one likes. W_UK stands between a query and
a latent: multiply it with the one new query instead of with every cached latent. W_UV stands
between the latents' sum and W_O: apply it once, after the sum.

**What it costs.** A score against the latent has c numbers instead of n: at DeepSeek's sizes 512
instead of 128. With one new token that is far cheaper than rebuilding; with a whole prompt at once
(prefill) rebuilding is cheaper, and that is how DeepSeek serves it (DeepSeek-V3.2, appendix A).

**Not bit by bit.** The two ways add in different orders, so they differ in their last
digits. The differences on this page are measured, not assumed.
"""
NO_ABSORPTION = (
    "{model} keeps keys and values themselves, so there is nothing to absorb. Shown is {other}."
)

POSITION = "Position"
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

CACHE_GROWS = "The cache grows"
STORAGES = {
    "fp32": "float32: 4 bytes",
    "bf16": "bfloat16: 2 bytes, really stored so",
    "fp8": "float8 (e4m3): 1 byte, really stored so",
    "6bit": "6 bits: storage arithmetic only",
}
GROWTH_FORMULA = {
    True: (
        "Measured in the live cache: {{held}} B. By formula: {values:,} numbers · {value} B · "
        "{{tokens}} tokens = {{total}} B."
    ),
    False: (
        "By arithmetic only: {values:,} numbers · {value} B · {{tokens}} tokens = {{total}} B. The "
        "live cache stays float32: {{held}} B."
    ),
}
JUMP_MHA = "DeepSeek-R1, if it were plain MHA"
JUMP_MLA = "DeepSeek-R1 as it is, MLA"
JUMP_ARITHMETIC = (
    "MHA: 2 · {h} heads · {v} numbers · {layers} layers · {value} B = {heads:,} B a token; · "
    "{tokens:,} = {heads_all:,.1f} GB.\n"
    "MLA: ({c} + {r}) numbers · {layers} layers · {value} B = {latent:,} B a token; · {tokens:,} = "
    "{latent_all:,.1f} GB, {ratio:.1f} times less."
)
COUNTED_LAW = (
    "Counted, {model}: with a cache {fixed:,} + {slope:,} · t multiply-adds a step; without "
    "{straight:,} · t + {bend:,} · t²."
)
FITTED_LAW = (
    "Fitted, {model}: with a cache {a:.1f} + {b:.4f} t ms; without {c:.1f} + {d:.3f} t + "
    "{e:.6f} t² ms."
)
FITTED_ON = "Recorded on {machine}, {cores} cores, torch {torch}, {date}, by `{command}`."
GROWTH = {
    "memory": ["With a cache", "Without a cache"],
    "storage": "Kept as",
    "legend": {
        "computed": "computed now",
        "read": "read from the cache",
        "written": "written to it",
    },
    "layer": "Layer",
    "head": "Head",
    "work": "Multiply-adds, in total",
    "cache": "The whole cache, all layers",
    "cacheNow": "{bytes} of {tokens} tokens",
    "cacheScale": "Drawn to one scale on both sides: equal areas are equal bytes.",
    "cacheCell": "layer {layer}, {part} number {number} of {token}: {value}",
    "layerNumber": "layer {layer}",
    "pattern": "pattern",
    "says": "says “{token}” ({percent})",
    "rowsAlt": (
        "Matrices of one head of {model}: tokens {first} to {last} computed now, {kept} earlier "
        "ones read from the cache."
    ),
    "notThere": "{letter} of {token}: not computed in this step, and not kept",
    "number": "{letter} of {token}, number {column}: {value}, {how}",
    "weight": "{query} → {key}: {value}, computed now",
    "read": "read from the cache",
    "written": "computed now, written to the cache",
    "computed": "computed now",
    "lines": {"with": "with a cache", "without": "without"},
    "columns": ["this step, all so far", "tokens run", "multiply-adds", "ms", "read", "written"],
    "curveAlt": "Multiply-adds in total: {with} with a cache, {without} without.",
    "tokensAt": "{tokens} tokens",
    "tokens": "tokens",
    "and": " and ",
    "headline": {
        "prefill": (
            "Prefill: all {prompt} tokens of the prompt go through the model at once. Their keys and "
            "values, or latents, are kept."
        ),
        "decode": (
            "Decode: only the last token is computed; the other {kept} are read: {read}. So far "
            "{work} less work than without a cache."
        ),
        "again": (
            "Without a cache: all {tokens} tokens are computed again for one new one. So far {work} "
            "the work."
        ),
    },
    "reset": "Reset",
    "back": "Back",
    "play": "Play",
    "pause": "Pause",
    "next": "Next token",
    "scrub": "Tokens known",
    "position": "{tokens} tokens · {phase}",
    "prefill": "prefill",
    "decode": "decode",
    "asking": "generating more …",
    "end": "that is as far as this page generates",
    "temperature": "Temperature",
    "topK": "Only the likeliest",
    "topKHelp": "top-k: draw among so many tokens; more than the vocabulary means all of them",
    "all": "all",
    "again": "Draw again",
    "keys": "keys: ← → step, Space plays, Home and End",
    "forget": {
        "title": "Cut the cache, and see the model forget",
        "about": (
            "Drop the oldest tokens from the cache of the prompt, just before its last token is run; "
            "the others keep their positions."
        ),
    },
    "forgotten": "{count} dropped",
    "forgetSays": "Gone: {gone}. What comes next then:",
    "laws": {
        "title": "One more token, measured",
        "about": "Milliseconds of a step against the tokens so far: points measured, lines fitted.",
    },
    "jump": {
        "title": "At this rate: 100,000 tokens",
        "about": "The same rectangles for a large model, in bfloat16; areas are bytes.",
    },
}
GROWTH_NOTES = """
**One new row.** To write a token, a model needs the keys and values (or latents) of all tokens so
far, but the query of the last one alone. So earlier queries, and earlier rows of X and of the
pattern, are thrown away; keys and values are kept. That is the KV cache: no approximation, the same
numbers.

**Prefill and decode.** The prompt goes through at once (many rows, one pass: that keeps the machine
busy). Then each token is a pass of its own that computes one row and reads the whole cache.

**Counted, not estimated.** Multiply-adds are counted by torch while the model runs: every product of
every layer and the scores of the vocabulary, masked ones too. That is done at three lengths of your
text; where the three lie on one line, as they do in all these models, the line gives the others. Milliseconds are of
single steps on the server's processor, through our own plain code, and vary. Without a cache MLA
takes the naive path; with one the absorbed path, which needs more multiply-adds for each cached
token and no rebuilding.

**Kept as.** bfloat16 and float8 are really stored: the numbers are rounded, read back and used, so
that predictions change a little. Six bits is DeepSeek-V2's own average in service (section 3.2.3).
"""
AND = " and "
KEEPING = "Save the cache, and take it up again"
KEEPING_ABOUT = (
    "The file is the cache: each layer's rows as they are stored, and which tokens they belong to "
    "(safetensors). Given back, nothing is computed again."
)
KEEP = "Cache of {model} after {tokens} tokens"
GIVE_BACK = "Give a saved cache back"
OTHER_CACHE = "This is a cache of {model}; this page shows {here}. Choose its models above first."
RESUMED = (
    "**{model}** took up {tokens} tokens ({nbytes:,} B) in {ms:.2f} ms; computing them again takes "
    "{again:.1f} ms. The scores of the next token differ from that by at most {difference:.1e}."
)
RESUMED_TEXT = "{text}|{continued}"

SHARING = "Sharing heads"
FAMILY = ("mini-mha", "mini-gqa", "mini-mqa", "mini-mla")
DEFINITIONS = {
    "MHA": "Multi-head: every head has keys and values of its own.",
    "GQA": "Grouped-query: {each} heads form a group and share one pair of keys and values.",
    "MQA": "Multi-query: all heads share one single pair of keys and values.",
    "MLA": (
        "Multi-head latent: all heads share one latent and one rope key; each reads the latent "
        "through matrices of its own."
    ),
}
POINT_NAMES = {
    "MHA": "MHA",
    "GQA": "GQA, {groups} groups",
    "MQA": "MQA",
    "MLA": "MLA, {c} + {r}",
}
BRIEF_NAMES = {"MHA": "MHA", "GQA": "GQA {groups}", "MQA": "MQA", "MLA": "MLA {c}"}
WIDER = ", wider"
DRAWING = "{kind}: {heads} query heads and what they read; {numbers} numbers are cached a token."
FACT_CACHE = "Cached"
FACT_NUMBERS = "{numbers} numbers"
FACT_BYTES = "a token and layer; {nbytes:,} B in {layers} layers"
FACT_RATIO = ", {ratio:.3g} times less than MHA"
FACT_LOSS = "Loss"
FACT_SEEDS = "nats a token; seeds: {seeds}"
FACT_PARAMETERS = "Parameters"
SHARING_HEADLINE = (
    "Trained alike: MLA with {numbers} cached numbers reaches a loss of {loss:.3f}. {good} needs "
    "{good_numbers} for as much ({good_loss:.3f}); {worse}, with {worse_numbers}, stays at "
    "{worse_loss:.3f}."
)
SHARING_STAGE = {
    "layer": "Patterns of layer",
    "same": "the same text, the same layer, four models that differ in nothing but attention",
    "pairs": "{n} pairs of K and V",
    "next": "What comes next",
    "patterns": "What the heads of layer {layer} look at",
    "patternsAlt": "The attention patterns of all heads of layer {layer} of {model}.",
    "head": "head {head}",
    "cell": "head {head}: {query} → {key}: {value}",
    "scatter": "Loss against cache: every run a dot, every mark a mean",
    "scatterAbout": "Lower is better, left is smaller. Choose a point to see that model beside it.",
    "x": "numbers cached a token and layer",
    "xShort": "numbers cached",
    "y": "held-out loss, nats a token",
    "point": "{label}: {numbers} numbers cached, loss {mean}",
    "tip": "{label}\n{numbers} numbers a token and layer\nmean {mean} of {runs}",
}
NOT_RECORDED = (
    "This model is not shipped: what it makes of a text was recorded for the ready-made ones. Choose "
    "one of them above to see it here."
)
ONLY_SCORED = "This model is not shipped: only its losses were recorded."
RUNS_SOURCE = (
    "Runs: {steps:,} steps from each seed on {device}, torch {torch}, {date}; held-out loss on "
    "{tokens:,} tokens. The four models that run here are one longer run of each (7,000 steps, more "
    "text): 2.080, 2.099, 2.112 and 2.088 nats (assets/models/README.md)."
)
SHARING_NOTES = """
**Which is which.** MHA: each head its own keys and values. MQA: *one* pair for all heads (Shazeer,
1911.02150). GQA: one pair for each *group* (Ainslie et al., 2305.13245), so MQA is GQA with one group
and MHA GQA with as many groups as heads. Summaries that circulate have MQA and GQA the wrong way
round.

**What MLA shares.** The latent and the rope key are shared by all heads; W_UK and W_UV are not: each
head has a slice of its own, so that one latent gives every head other keys and values (DeepSeek-V2,
eqs. 9-11). Small open boxes in the drawing.

**Same recipe.** Same text in the same order for the same seed, same optimiser, same widths; a seed
decides the first weights and the order of the texts. Fewer key and value heads also mean fewer
parameters: the two hollow marks (“wider”) give MQA and MLA a wider MLP, so that they have as many as MHA.
"""
RUNS_TITLE = "#### Our runs"
RUNS_HEAD = "| attention | cached | parameters | mean loss | ± |\n|---|---|---|---|---|"
RUNS_FILE = "All runs (.jsonl)"
SMALL_SCALE = """
Made by `python -m mla_core.training repeat MODEL ... --steps 4000`, one line a run. ± is the standard
deviation over three seeds.

**What this can show:** at this size and on this text, differences larger than about 0.01 nats are not
chance, and the order of the kinds follows the cache except for MLA, which stands below the line of
the others. **What it cannot:** 8 M parameters, eight heads of 32, one simple kind of English, three
seeds, one learning rate for all, loss and not tasks. Nothing here says what happens at 7 or 236
billion parameters; for that there is only what others measured.
"""
OTHERS = """
#### What others measured

**DeepSeek-V2, Table 8** (arXiv 2405.04434, App. D): dense 7 B models, 1.33 T tokens, layers adjusted
to equal parameters.

| | MQA 7.1B | GQA-8 6.9B | MHA 6.9B |
|---|---|---|---|
| BBH | 33.2 | 35.6 | 37.0 |
| MMLU | 37.9 | 41.2 | 45.2 |
| C-Eval | 30.0 | 37.7 | 42.9 |
| CMMLU | 34.6 | 38.4 | 43.5 |

**DeepSeek-V2, Table 9**: mixtures of experts. MLA loses one cell of eight; no row compares MLA with
GQA at an equal cache.

| | small MHA | small MLA | large MHA | large MLA |
|---|---|---|---|---|
| numbers a token | 110.6K | 15.6K | 860.2K | 34.6K |
| BBH | 37.9 | 39.0 | 46.6 | 50.7 |
| MMLU | 48.7 | 50.0 | 57.5 | 59.0 |
| C-Eval | 51.6 | 50.9 | 57.9 | 59.2 |
| CMMLU | 52.3 | 53.4 | 60.7 | 62.5 |

**Against it or beside it.** Jianlin Su ([spaces.ac.cn/archives/10907](https://spaces.ac.cn/archives/10907),
2025-05), about 0.9 B dense, 16 B tokens, loss: MHA 2.721 (4,096 numbers), MLA 2.721 (576), GQA with two
groups of 128 2.750 (512), but one group of 256 with partial RoPE 2.711: he ranks head size first,
partial RoPE second, sharing third. [minllm](https://github.com/changkun/minllm/releases/tag/v1.1.1),
14 M parameters: 6 KV heads 1.455, one 1.464, latent 128 + 32 1.464. [TransMLA](https://arxiv.org/html/2502.07864v2):
every GQA can be written as MLA with the same cache, not the other way round. GLM-5 found MLA behind
GQA-8 with the Muon optimiser until its update was split by heads.
"""
