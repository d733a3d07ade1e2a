"""The words of the page "At DeepSeek's scale"."""

PARTS = {
    "memory": "What fits",
    "growth": "How it grows",
    "speed": "How fast",
    "heads": "7,808 heads",
    "ratios": "Four ratios",
}
PART_LABEL = "What to look at"
FIRST, SECOND = "One model", "Another"
CONTEXT, BATCH = "Tokens of context", "Sequences at once"
STORAGE, WEIGHTS = "The cache is kept in", "Weights are kept in"
GPU, GPUS = "GPU", "How many"
GPU_NAMES = {
    "H200": "H200",
    "H200_measured": "H200, as measured",
    "H100": "H100",
    "H800": "H800",
    "A100": "A100",
}
BANDWIDTH, FLOPS = "TB/s each", "TFLOP/s each"
DTYPES = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "float8": "float8",
    "float8_scaled": "float8 with scales",
    "6bit": "6 bits",
    "4bit": "4 bits",
}
MORE = "Assumptions"
BANDWIDTH_HELP = "Memory bandwidth of one GPU, from: {source}"
FLOPS_HELP = "bfloat16 products of one GPU, from: {source}"

COUNTERFACTUALS = {
    "r1_as_mha": "{model} as plain MHA (never built)",
    "r1_rebuilt": "{model}, keys and values kept (never done)",
    "r1_as_gqa": "{model} with 8 KV heads (never built)",
}
NEVER = "Never built: its sizes, with another cache, to compare with."
YOURS = "your config.json"

OWN = "Another model: paste its config.json"
OWN_ABOUT = (
    "From any model's page on a hub. Only what its cache needs is read: layers, heads, KV heads, head "
    "sizes, latent and rope sizes, windows, kinds of layers. Nothing leaves this server."
)
OWN_USE = "Read it"
OWN_PARAMETERS = "Its parameters, in billions (0: not known, its weights take no room)"
OWN_READ = (
    "**Read:** {kind}, {layers} layers, {row:,.0f} B a token in bfloat16. It is in both lists now."
)

MEMORY_COUNT = "{count:,} × {tokens:,} tokens"
MEMORY_NONE = "the weights alone do not fit"
MEMORY_WEIGHTS = "weights, {gb:,.0f} GB"
MEMORY_UNKNOWN = "weights not in our sources: none drawn"
MEMORY_BLOCK = "one sequence of {tokens:,} tokens: {gb:.3g} GB"
MEMORY_ALT = "The memory of {gpus} as a frame. {told}"
MEMORY_TOLD = (
    "Each frame is the memory of **{gpus}**, {memory:,.0f} GB; areas are bytes. Beside the weights, "
    "**{first_count:,}** sequences of {tokens:,} tokens fit for {first}, **{second_count:,}** for "
    "{second}."
)
MEMORY_NO = (
    "Each frame is the memory of **{gpus}**, {memory:,.0f} GB; areas are bytes. The weights of {names} "
    "are larger than that: take more GPUs."
)

GROWTH_TITLE = "Bytes in the cache, batch of {batch:,}"
GROWTH_X, GROWTH_Y = "tokens", "bytes"
GROWTH_GPU = "{name}, {memory:,.0f} GB"
GROWTH_TOLD = (
    "Each line ends at its model's longest context. After **{tokens:,}** tokens with a batch of **{batch:,}**: **{first_gb:.4g} GB** for {first} and **{second_gb:.4g} GB** for "
    "{second}, **{ratio:,.3g}** times as much."
)
GROWTH_ALT = "Cache bytes against tokens, both axes logarithmic: {told}"

STEP_TITLE = "Time of one decode step at best"
STEP_X, STEP_Y = "tokens of context", "time of a step"
STEPS = {"whole": "{model}: whole step", "attention": "{model}: attention"}
RATIO_TITLE = "How many times faster the first one is"
RATIO_LINES = {"whole": "whole step", "attention": "attention"}
RATIO_Y = "times"
SIX = "6×"
SIX_AT = "6× at {tokens:,.0f}"
SPEED_TOLD = (
    "At **{tokens:,}** tokens and a batch of **{batch:,}** a step takes **{first_ms:.3g} ms** for "
    "{first} ({first_rate:,.0f} tokens/s in all) and **{second_ms:.3g} ms** for {second} "
    "({second_rate:,.0f} tokens/s): **{ratio:.3g}×**. {six}"
)
SPEED_SIX = "The step is six times as fast at **{at:,.0f}** tokens."
SPEED_NO_SIX = "With these assumptions it is six times as fast at no length up to a million tokens."
SPEED_ALT = "The time of a step against context, and their ratio. {told}"
SPEED_NOTES = """
**What this is.** A floor, not a measurement: reading what must be read, forming what must be formed,
whichever takes longer, nothing else. The best public kernels came to 0.69 to 0.77 of it at large batches
(FlashMLA and FlashInfer on one H200, 2026-11-22), to far less at small ones. Sequences are spread evenly over the GPUs, which never wait for each other.

**What binds.** {binds}

**What the weights do.** Every step reads them, whatever the context: at short contexts they hide the
cache altogether. Of a mixture of experts, those are read that some token of the batch uses, if tokens
choose evenly.
"""
INTENSITY = "The attention of {model} forms {intensity:,.3g} for each byte: *{bound}* bind."
BINDS = (
    "While this GPU reads one byte it can form {ridge:,.0f} FLOP. {told} So {fewer:,.3g} times fewer bytes "
    "are {times:,.3g} times less time for the attention."
)
BOUND = {True: "bytes", False: "products"}
SHARE_HEAD = "| | reads | forms | takes at best | bound by |\n|---|--:|--:|--:|---|"
SHARE_ROW = "| {name} | {nbytes} | {flops} | {ms:.4g} ms | {bound} |"
SHARES = {"attention": "{model}: attention", "weights": "{model}: weights"}
SHARE_UNKNOWN = "| {name} | not in our sources | | | |"

ARITHMETIC = "The arithmetic, with the numbers filled in"
CACHE_OF = "Cache of {model} after {tokens:,} tokens"
READ_OF = "Cache bytes that a step reads, {model}"
FLOPS_OF = "FLOP of a step's attention, {model}"
FITTING = "Sequences that fit, {model}"
EQUATION = "{name}\n\n`{forms} {unit}`"
TIMES, NUMBERS = "times", "numbers"
CACHES_OF = "{batch:,} × the cache of {model} after {tokens:,} tokens"
TIMES_AS_MUCH = "How many times as much"
STEP_OF = "The whole step, {model}"
SOURCES = "**Where the figures come from**\n"
STORAGE_HELP = (
    "float8 with scales: a float32 scale for each 128 numbers, the rope key left in bfloat16, as in "
    "FlashMLA (656 B a token and layer). 6 bits: what DeepSeek-V2 reports, on average."
)
SOURCE_LINE = "- **{name}** ({kind}): {source}. {note}"
SOURCE_DEFAULTS = (
    " Defaults of transformers' configuration class, as we found no published file that says them: "
    "{figures}."
)
FIGURES = {
    "layers": "layers", "heads": "heads", "sizes": "sizes of heads and latents", "context": "context",
    "latent": "sizes of the latent", "indexer": "sizes of the indexer", "state": "sizes of the state",
}  # fmt: skip
GPU_LINE = "- **{name}**: {source}."

RATIOS_TITLE = "What a token leaves in one layer"
RATIOS_X = "numbers a token and layer"
RATIOS = {
    "mla": "MLA: the latent and the rope key",
    "mha": "MHA with 128 heads of 128: never trained",
    "rebuilt": "MLA's own keys and values, uncompressed",
    "trained": "The MHA that DeepSeek trained (Table 9)",
    "gqa": "GQA with 8 KV heads, as Llama 3 has",
    "mistake": "A mistake: the rope key forgotten",
}
RATIO_LABEL = {
    "mla": "576",
    "mistake": "{values:,} → “{ratio:.3g}×”",
    "other": "{values:,} → {ratio:.1f}×",
    "gqa": "{values:,} → {ratio:.2f}×",
}
RATIOS_ALT = "Bars of equal scale: {told}"
RATIOS_NOTES = """
**56.9×** is the video's 57: the same 128 heads with keys and values of 128 numbers. No such model was
trained. **71.1×** takes the keys as MLA really uses them, with their 64 rope numbers: what would lie in
the cache if it were kept uncompressed.

**24.9×** is the only one of the large ratios with two trained models behind it: DeepSeek-V2's ablation
(Table 9) had an MHA with 860,160 numbers a token; that is 60 layers of 56 heads by our arithmetic.

**3.56×** is the fair one beside the models of its time: GQA with 8 KV heads. And **64×** is a mistake:
32,768 / 512 leaves out the rope key, which is cached too.
"""
RATIOS_SOURCE = (
    "DeepSeek-V2, arXiv 2405.04434, section 3.1.2 and Table 9 (860.2K elements a token); the number of "
    "56 heads is our inference"
)

CROWD_HEAD = (
    "**61 layers × 128 heads = 7,808 patterns**: as many as DeepSeek-R1 draws for every text. These are "
    "not R1's, which cannot be had here: each tile is a pattern that one of our small models really "
    "computed, no two of them the same head on the same text."
)
CROWD_ALT = "A wall of 61 rows and 128 columns of attention patterns"
CROWD_SOURCE = (
    "recorded on {device}, {models}, {dtype}: 8 layers × 8 heads × 5 models on {texts} held-out texts of "
    "10 tokens, of 7,808 a sample; drawn in steps of 1/255"
)
CROWD = {
    "tile": "{model}, layer {layer}, head {head}",
    "of": "tile {row}·{column} of 61·128",
    "keys": "← ↑ → ↓ choose a tile",
    "frame": "GPT-2: 144",
    "query": "query",
    "key": "key",
    "hint": "Point at a tile",
}
CROWD_NOTES = """
**144 against 7,808.** The frame at the top left holds as many tiles as GPT-2 small has heads: 12 × 12. In
the video's published notebooks a wall of 60 × 120 is filled with randomly drawn GPT-2 patterns; ours is
filled with other small models', and says so.

**What they look at.** On average a token gives {first} of its attention to the first token, {own} to
itself and {before} to the one before it. Rows are depth: our models have 8 layers, each fills seven or
eight of the 61 rows.
"""
EXPORT = {"png": "PNG", "svg": "SVG", "csv": "CSV", "label": "Take this picture along"}
