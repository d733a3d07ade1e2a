"""What the page `cache_grows` says; {braces} are filled in the browser or by whoever draws."""

PACE = (
    "On {device} a step of {slow} takes longer: {slow_ms:.1f} ms against {fast_ms:.1f} (medians)."
)
PACE_PRODUCTS = (
    " It multiplies no more ({macs:.2f} times) and reads {reads:.1f} times less; at this size the "
    "number of matrix products counts, {slow} small ones against {fast}."
)
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
