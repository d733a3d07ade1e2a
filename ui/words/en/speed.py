"""The words of the page "Speed"."""

PARTS = {
    "steps": "The race",
    "roofline": "The roof",
    "shares": "Where time goes",
    "ledger": "The ledger",
    "whole": "A whole model",
    "kernel": "The kernel",
}
PART_LABEL = "What to look at"
RUNS = {"h200": "An H200", "cpu": "A CPU", "live": "This server, live"}
RUN_LABEL = "Whose times"
POINT = "Sequences × tokens of context"
POINT_OF = "{batch} × {context:,}"

KINDS = {
    "MHA": "MHA: 128 heads, each with its keys and values",
    "GQA-8": "GQA: 8 pairs for 128 heads",
    "MQA": "MQA: one pair for all",
    "MLA rebuilt": "MLA, keys and values rebuilt",
    "MLA absorbed": "MLA, absorbed",
}
SHORT = {"MLA rebuilt": "MLA rebuilt", "MLA absorbed": "MLA"}
THROUGH = "MLA through {through}"

PROVENANCE = (
    "{machine}, {versions}, {date}, {dtype}. One attention layer of DeepSeek-V3's shape, one new token a "
    "sequence, random numbers. Measured with it: a copy of {copy}, a matrix product of {matmul}. {source}."
)
COPY, MATMUL = "{value}B/s", "{value}FLOP/s"
NO_KERNEL = (
    "Our own kernel has not been timed on this machine yet: the fastest time here is {through}'s."
)
NOT_YET = "Nothing has been measured on this server yet: meanwhile, look at a recorded run."
LEFT_OUT = "Not measured: {count}"
LEFT_OUT_ONE = "- {kind} at {batch} × {context:,}: {problem}"

LIVE_ABOUT = (
    "The same benchmark on the machine that serves this page, cut to its size: about a minute on two CPU "
    "cores. It runs once for all readers, and lets their own requests go first."
)
LIVE_START, LIVE_AGAIN, LIVE_CANCEL = "Measure this server", "Measure again", "Stop"
LIVE_PROGRESS = "{done} of about {total} results"
LIVE_OTHERS = "Another reader has started it."
LIVE_STOPPED = "It was stopped early: what was measured until then is shown."

STEPS_TITLE = "One decode step of one layer"
STEPS_X, STEPS_Y = "tokens in all caches", "time of a step"
STEPS_TOLD = (
    "At **{batch} × {context:,}** tokens a step takes **{mha}** with MHA and **{mla}** with MLA (through "
    "{through}): **{times:.3g} times** less, where the cache is {bytes:.3g} times smaller."
)
STEPS_ALT = "Time of a decode step against cached tokens, both axes logarithmic. {told}"
STEPS_HOVER = "{kind}<br>{batch} × {context:,} tokens, {through}<br>{time}"
STEPS_NOTES = """
**Flat, then rising.** On a GPU a step with few tokens takes as long as starting its work does, whatever is
cached; then each line grows with its bytes, or its products.

**MLA beside MQA.** MQA reads 512 numbers a token, MLA 576: nearly as few, but MLA asks 128 different
questions of each and adds them up 128 times. So it is the products that it pays with.

**A small dot** is the same number of tokens in another shape: few long sequences, or many short ones. A thin
line is another program for the same step.
"""

ROOF_TITLE = "What a step reaches, {batch} × {context:,}"
ROOF_X, ROOF_Y = "FLOP for each byte", "FLOP a second"
ROOF_NAME = "the roof: memory, then products"
ROOF_RIDGE = "ridge: {ridge:,.0f}"
ROOF_HOVER = (
    "{kind}, {through}<br>{intensity:,.3g} FLOP a byte<br>{rate}: {share:.0%} of the roof here"
)
ROOF_TOLD = (
    "Below **{ridge:,.0f}** FLOP a byte this machine waits for its memory, above it for its products. MHA "
    "does **{mha:.3g}** for each byte that it reads, MLA **{mla:.3g}**{where}."
)
ROOF_ABOVE, ROOF_BELOW = ": past the ridge", ""
ROOF_ALT = "A roofline: FLOP a second against FLOP a byte, both logarithmic. {told}"
ROOF_NOTES = """
**Reading the picture.** The slope is the memory, the flat part the products: no step can lie above the
line. A step to the right does more with each byte.

**Why MLA moves right.** All 128 heads ask the same latent, so one byte serves 128 questions; in MHA each
byte serves one. That is the whole trick, and it is not free: MLA absorbed forms 4.25 times as many
products as MHA.

**A dot a little above the slope** is no magic: the slope is a *copy's* speed, reads and writes together, and
reading alone is somewhat faster.
"""

SHARES_TITLE = "A step's time, {batch} × {context:,}"
SHARES = {
    "reading": "reading, at the copy's speed",
    "products": "products, at the product's speed",
    "rest": "the rest",
}
SHARES_X = "share of the measured time"
SHARES_LABEL = "{kind}: {time}"
SHARES_TOLD = (
    "Of MLA's **{time}**, {binding} alone would take **{least}**; the rest, **{rest:.0%}**, goes to starting "
    "the work, the softmax and waiting."
)
SHARES_BINDING = {"reading": "reading the cache", "products": "forming the products"}
SHARES_ALT = "Bars of 100 %: what binds each kind of attention, and the rest. {told}"
SHARES_HEAD = (
    "| | reads | at the copy's speed | forms | at the product's speed | measured |\n"
    "|---|--:|--:|--:|--:|--:|"
)
SHARES_ROW = "| {kind}, {through} | {nbytes} | {read} | {flops} | {product} | {measured} |"
SHARES_LAUNCHED = "{measured} ({launched} launched from Python)"
SHARES_NOTES = """
**Reading and multiplying overlap**, so the longer of the two is the least that a step can take. The bar
shows that one; the table has both.

**The rest** is what a better kernel could still win: the start of the programs, the softmax between two
products, processors that wait at the end. With few tokens it is nearly everything.
"""

LEDGER_HEAD = "| MLA absorbed beside | bytes it reads | products it forms | time it takes, measured |\n|---|--:|--:|--:|"
LEDGER_ROW = "| {kind}, {through} | {bytes} | {flops} | {time} |"
LEDGER_FEWER, LEDGER_MORE, LEDGER_SAME = "{x:,.3g}× fewer", "{x:,.3g}× as many", "as many"
LEDGER_LESS, LEDGER_LONGER = "{x:,.3g}× less", "{x:,.3g}× as much"
LEDGER_ALONE = "**{bytes} bytes, {flops} products, {time} time**: MLA beside MHA on this machine, at {batch} × {context:,}."
LEDGER_NOT = "not measured; at least {floor}, {x:,.0f}× what MLA took"
LEDGER_ALT = "Bars: how many times fewer bytes MLA reads and how much less time it takes. {told}"
LEDGER_BARS = {"bytes": "{kind}: bytes", "time": "{kind}: time"}
LEDGER_TITLE = "What the others need, MLA = 1"
LEDGER_NOTES = """
**57 times fewer bytes are not 57 times less time.** MLA buys bytes with products: {flops_mha:.3g} times as
many as MHA with heads of 128, {flops_rebuilt:.3g} times as many as MLA's own rebuilt keys and values would
need. Past the ridge the products decide.

**Beside GQA with 8 pairs**, what models of its time had, the gain is small, on a machine that is poor in
products even a loss. It is the fairer comparison.

**Why transformers' MLA saves memory and not time.** It keeps the latent, and rebuilds every head's keys and
values from it at every step: {rebuilding:,.1f} MFLOP a token and layer, and {expanded:,.0f} B written and
read back in bfloat16, instead of 1,152 B read. The cache is as small; the step is slower than MHA's.
Absorbing W_UK and W_UV is what makes it fast.
"""

WHOLE_TITLE = "DeepSeek-V3: MLA against MHA"
WHOLE_X, WHOLE_Y = "tokens of context", "times"
WHOLE_LINE = "batch of {batch} each"
WHOLE_TOLD = (
    "Rebuilt from the measured parts: at **{context:,}** tokens a whole step is **{one:.3g}×** as fast with 1 "
    "sequence on each of eight such machines, **{many:.3g}×** with {most}. {fits}"
)
WHOLE_FITS = "And the smaller cache lets **{mla:,}** sequences run at once instead of **{mha:,}**."
WHOLE_NO_ROOM = "The weights alone need more memory than the eight have: this is arithmetic only."
WHOLE_HEAD = (
    "| context | sequences that fit: MHA | MLA | tokens/s: MHA | MLA | times | of it the faster step "
    "| of it the larger batch |\n|--:|--:|--:|--:|--:|--:|--:|--:|"
)
WHOLE_ROW = (
    "| {context:,} | {mha:,} | {mla:,} | {rate_mha:,.0f} | {rate_mla:,.0f} | {times:,.3g}× | {step:,.3g}× "
    "| {batch:,.3g}× |"
)
WHOLE_NONE = "| {context:,} | {mha:,} | {mla:,} | does not fit | {rate_mla:,.0f} | | | |"
WHOLE_ALT = "Speed-up of a whole step against context, a line for each batch. {told}"
WHOLE_MEASURED = "**Measured whole:** {shape}, on this machine."
MEASURED_HEAD = "| attention | through | batch × context | a step | tokens/s | cache |\n|---|---|--:|--:|--:|--:|"
MEASURED_ROW = (
    "| {attention} | {through} | {batch} × {context:,} | {time} | {rate:,.1f} | {nbytes:.2f} GB |"
)
MEASURED_PROBLEM = "| {attention} | | {batch} × {context:,} | {problem} | | |"
MEASURED_TOLD = (
    "MLA makes **{times:.3g}×** as many tokens a second as MHA, each at its largest batch: **{step:.3g}×** "
    "from the faster step at MHA's batch, **{batch:.3g}×** from the larger batch."
)
LARGE_TITLE = (
    "**With its experts, beside transformers as it is:** DeepSeek-V2-Lite's full shape, {num_hidden_layers} layers and {n_routed_experts} "
    "experts, "
    "random weights, {dtype}. {machine}, {versions}, {date}. A step launched from Python, and in brackets the same "
    "step replayed as a CUDA graph."
)
LARGE_HEAD = "| batch × context | transformers | ours | times | ours, tokens/s | both caches |\n|---|--:|--:|--:|--:|--:|"
LARGE_BOTH = "{launched} ({replayed})"
LARGE_ROW = (
    "| {batch} × {context:,} | {theirs} | {ours} | {times} | {rate:,.0f} | {nbytes:.2f} GB |"
)
LARGE_TOLD = (
    "Ours replayed is **{first:.3g}×** as fast as transformers at {at_first}, **{second:.3g}×** at {at_second}: "
    "transformers keeps the same latent, but rebuilds every key and value from it at each step. Its cache grows by "
    "copying itself, so that its decoding cannot be replayed; its bracket shows what the GPU alone takes. Launched "
    "from Python both wait for as many launches, and only a long step shows the difference ({launched:.2g}× at "
    "{at_second}). In bfloat16 the likeliest of {vocabulary:,} tokens is that of the same weights in float32 for {theirs:.1%} of "
    "256 tokens with transformers, for {ours:.1%} with ours and {stepped:.1%} step by step. All patterns of a text "
    "of {page} tokens, 12 of them generated: {seconds:.2f} s."
)
WHOLE_NOTES = """
**What is rebuilt.** A step is the weights, read once, and 61 layers of attention. The attention's time is
interpolated between the steps measured on this machine (beyond the longest: in proportion). The weights'
is that of reading those that some token uses, in float8, or of multiplying with them if that takes longer,
at the measured ceilings, spread over eight such machines. Nothing is added for talking between them.

**Why the curve bends.** With one sequence and a short text a step is nearly all weights, which MLA does not
change. “More than six times as fast” is a point on such a curve, not a property of MLA.

**MHA was never built.** It is the same model with a plain cache for each head, to compare with.
"""

KERNEL_TOLD = (
    "This is the kernel that decodes MLA on an NVIDIA GPU in bfloat16 or float16, whole, as it lies in "
    "`mla_core/kernels/decode_kernel.py`; in float32 and on a CPU three lines of torch do the same. It is "
    "checked against float64 for 1 to 128 heads, ragged lengths, paged caches and memory full of NaN."
)
KERNEL_HOPPER = "The same six steps for a Hopper GPU, shared out"
KERNEL_TIMED = (
    "For latents of 512 + 64 a Hopper GPU runs the same six steps in another order of work. On the {machine} "
    "it reached **{share:.0%}** of what the ceilings allow at {batch} × {context:,}: **{time}** a step, "
    "beside {others}."
)
KERNEL_OTHER = "{name} {time}"
KERNEL_SHARED = (
    "In `mla_core/kernels/hopper_kernel.py` three groups of warps share a tile: one makes the weights, two sum "
    "up half of the latent each and fetch the next tiles. That takes 263 µs at 128 × 4,096 on the H200, the "
    "kernel above 512. Sampling where the warps of a draft stood (64 × 8,192) showed what it waits for: of 3,750 "
    "clock cycles a tile the products need 2,180 at the data sheet's rate; the softmax of the one group took "
    "1,490, and the copy of a tile's last half began only when the one before was summed. Asking for that half "
    "one tile earlier, summing it in two pieces and adding up the weights while other products run took 285 µs "
    "to these 263. FlashMLA lets two groups take turns at softmax and sum, and with many tokens it is 10 to 14 % faster."
)
KERNEL_STEPS = {
    "1": ("Queries", "On a Hopper GPU 64 heads' queries at once, 512 + 64 numbers each. They stay on the chip."),
    "2": (
        "One read",
        "A tile of 64 tokens is fetched once, for both products below. A kernel that takes keys and values "
        "apart fetches it twice.",
    ),
    "3": (
        "Scores",
        "Content and position, two products into the same 64 × 64 numbers. The latent is the key.",
    ),
    "4": (
        "Softmax as it goes",
        "The largest score so far is subtracted; when a larger one comes, everything summed up before shrinks.",
    ),
    "5": ("Sum", "The same tile is the values: weights times latents, into 64 × 512 numbers in registers."),
    "6": (
        "Combine",
        "One sequence alone would keep 2 of 132 processors busy. So it is cut into stretches, and their "
        "results are weighed by their sums.",
    ),
}  # fmt: skip
KERNEL_STEP = "**({number}) {name}.** {text}"
