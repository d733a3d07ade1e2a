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

MODELS = {
    "mini-gpt2": {
        "title": "GPT-2 style, MHA",
        "about": "Every head keeps keys and values of its own for every token.",
    },
    "mini-mla": {
        "title": "Multi-head Latent Attention",
        "about": "Every token leaves one small latent c_KV and one rope key, shared by all heads.",
    },
}

KEYS, VALUES, LATENT, ROPE_KEY = "K", "V", "c_KV", "rope key"
HEADS_FORMULA = "2 · {heads} heads · {k} numbers · {layers} layers · {value} B = {total:,} B"
LATENT_FORMULA = "({c} + {r}) numbers · {layers} layers · {value} B = {total:,} B"

RECORDED = "recorded on {device}, {model}, {dtype}"
COMPUTED = "computed now on {device}, {model}, {dtype}"
THROUGH = {"TransformerBridge": " through TransformerLens"}
LOADING = "Loading the models for the first time since the server started …"
WAITING = "Running your text …"

LEADS = {"own": "Each its own", "mini-gpt2": "GPT-2 leads", "mini-mla": "MLA leads"}

RESTORE = "To restore the embedded models: `git checkout -- assets/models`, then restart the app."
MODEL_ERROR = "{reason}. The ready-made texts still show recordings. " + RESTORE
UNEXPECTED = "Something went wrong on our side. Your text is kept: reload the page to go on."
NO_TOKENIZER = "No tokenizer.json under assets/models can be read. " + RESTORE

NOTES = """
**Where it looks.** One attention head of each model, opened on the one that most clearly picks out
an earlier word. Each row is a token asking, each column a token it may look at, and each row adds
up to 1.

**The first token.** A head that finds nothing to look at must still spend its attention somewhere:
it learns to spend it on ⟨start⟩, the *attention sink*. Hide it to see the rest, scaled back to 1.

**The cache.** To write the next token, each model reads what it kept of all earlier ones. Ordinary
attention keeps K and V of every head; Multi-head Latent Attention keeps one latent and one rope key
for all heads, and reads them as they are. Both pictures have one scale: equal areas are equal bytes.

**The models** are small ones of our own, trained alike on the same simple texts: they know little
and often err. They differ in more than attention, as GPT-2 and DeepSeek do (positions, norms).
Every number was computed by them; each picture says when and where.
"""

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
