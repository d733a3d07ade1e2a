"""Every word of the interface, in one place: other languages will come."""

TITLE = "MLA Explorer"
SIDE_BY_SIDE = "Side by side"
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


PAIRS = {"mini": "Small pair, built in", "gpt2": "GPT-2 itself"}
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

# under "Side by side", by the pair that is chosen
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
    "gpt2": _LOOKS
    + """
**The cache.** To write the next token, each model reads what it kept of all earlier ones. GPT-2
keeps K and V of every head; its conversion keeps one latent for all heads, and no rope key: GPT-2's
positions are in the words themselves. Both pictures have one scale: equal areas are equal bytes.

**The models** are one model twice: GPT-2, and the same with its keys and values pressed through a
latent, without any training. How small that may be is the page *Latent compression*. Every number
was computed by them; each picture says when and where.
""",
}

CLOSER = "Exact values, pictures and data"
CLOSER_NOTE = "Rows are queries, columns are keys; hover a cell for its value. The camera saves an SVG picture."
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
CONVERTED = {"mini": ("mini-gpt2", "mini-mha"), "gpt2": ("gpt2",)}
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

DOWNLOAD_TITLE = "GPT-2 is not on this machine yet"
DOWNLOAD_ABOUT = (
    "The model with 124 million parameters that the video shows. It is fetched once from "
    "{host}, for everybody on this server; the built-in pair keeps working meanwhile."
)
DOWNLOAD_START = "Download GPT-2 (548 MB)"
DOWNLOAD_GO_ON = "Go on with the download ({here:,.0f} MB are here)"
DOWNLOAD_CANCEL = "Cancel"
DOWNLOAD_PROGRESS = "{here:,.1f} of {total:,.1f} MB"
DOWNLOAD_ASKING = "Asking {host} …"
DOWNLOAD_BY_HAND = (
    "Or start the server with MLA_EXPLORER_GPT2 set to a directory with config.json, "
    "model.safetensors and tokenizer.json (or vocab.json and merges.txt)."
)
