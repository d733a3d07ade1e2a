"""Words that several pages share, and those of the shell."""

TITLE = "MLA Explorer"
SIDE_BY_SIDE = "Side by side"
DEEPSEEKS_SCALE, SPEED, CLAIMS = "At DeepSeek's scale", "Speed", "Claims, checked"
TAGLINE = "One sentence, two machines: what each computes, keeps, and reads again."

PROMPT_LABEL = "Type a text of your own"
RUN = "Run"
RUN_HELP = "Enter runs, Shift+Enter begins a new line"
COUNT = "{count} of {limit} tokens"
MORE_THAN = "more than {count}"
TRY = "or try"
EMPTY = "Type a few words, then press Run: there is nothing to run yet."
TOO_LONG = (
    "This text has {count} tokens; the page takes {limit}, so that both patterns stay legible. "
    "Shorten it, or run what fits: until then it stays in the box."
)
CUT = "Cut to {count} tokens"
UNCUT = "Put the whole text back"

PROMPT_NAMES = {
    "flag": "The flag",
    "capitals": "Capitals",
    "story": "A story",
    "opposites": "Opposites",
    "days": "Days of the week",
    "friends": "Who gets the ball?",
}

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


PAIRS = {
    "mini": "Small pair, built in",
    "same": "Small GPT-2, made latent",
    "gpt2": "GPT-2 itself",
    "large": "A large MLA model",
}
PAIR_LABEL = "Models"

CACHE_PARTS = {"k": "K", "v": "V", "c_kv": "c_KV", "k_rope": "rope key"}

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
MODULES_GONE = "A part of this page could not be loaded. Reload the page to go on."
NO_TOKENIZER = "No tokenizer.json under assets/models can be read. " + RESTORE


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

SINK_HELP = "drops the sink's column and scales each row back to 100 %"
# spoken by the component; {braces} are filled in the browser
START, END_OF_TEXT = "⟨start⟩", "⟨end⟩"  # tokens that stand between texts
STAGE = {
    "reset": "Reset",
    "back": "Back",
    "play": "Play",
    "pause": "Pause",
    "next": "Step",
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
    "sinkHelp": SINK_HELP,
    "layer": "Layer",
    "head": "Head",
    "pattern": "Where it looks",
    "patternHint": "rows are queries, columns keys",
    "comesNext": "What comes next",
    "cache": "KV cache",
    "cacheNow": "{bytes}",
    "cacheRate": "{bytes} a token",
    "cacheScale": "drawn to the same scale on both sides; one slice a token",
    "ratio": "{ratio} times less",
    "looks": "“{query}” looks most at “{key}” ({percent})",
    "sink": "{percent} of its attention goes to the first token, the sink",
    "sinkHidden": "first token hidden, rows scaled back to 100 %",
    "alone": "the first token can only look at itself",
    "cell": "{query} → {key}: {value}",
}

LATENT_COMPRESSION = "Latent compression"
METHODS = {
    "auto": "auto: the best of the last four, layer by layer",
    "split": "split SVD: K and V apart",
    "joint": "joint SVD of the weights",
    "whitened": "whitened by the activations",
    "balanced": "whitened, K and V balanced",
    "head-aware": "head-aware: K by the queries, V by W_O",
    "loss-aware": "loss-aware: by the gradient of the loss",
}
MEASURES = {
    "moved": "attention moved, this text",
    "keys": "keys lost, calibration text",
    "values": "values lost, calibration text",
}

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
OPERATORS_ALONE = (
    "Readers of this server cannot start or cancel a download or a benchmark: that is up to whoever "
    "runs it. If that is you, start it with `streamlit run app.py --server.address localhost`, which "
    "serves your own machine alone, or with `MLA_EXPLORER_OPERATOR=1`, which lets all readers do both."
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
# what each kind looks for: see mla_core.experiments.every_head.kinds
KINDS = {
    "previous": "previous token",
    "same": "the token itself",
    "induction": "induction",
    "sink": "first token, the sink",
    "diffuse": "spread out",
    "local": "nearby tokens",
    "content": "by content",
}
HEADLINE = (
    "By its pattern, layer {layer}, head {head} of {model} is worth a look: “{query}” gives "
    "{percent} of its attention to “{key}”."
)
HEADLINE_STRONGEST = (
    "Layer {layer}, head {head} of {model} matters most for the next token. Without this head "
    "“{next}” goes from {before} to {after}."
)
HEADLINE_SHORT = "No word here can only be found by its content: type a longer sentence to see one."

ATTENTIONS = {
    "MHA": "the ordinary way",
    "naive": "the MLA way, naive",
    "absorbed": "the MLA way, absorbed",
}

INSIDE = "Inside one head"

ABSORPTION = "Absorption"

POSITION = "Position"

CACHE_GROWS = "The cache grows"
STORAGES = {
    "float32": "float32: 4 bytes",
    "bfloat16": "bfloat16: 2 bytes, really stored so",
    "float8": "float8 (e4m3): 1 byte, really stored so",
    "6bit": "6 bits: storage arithmetic only",
}

SHARING = "Sharing heads"
