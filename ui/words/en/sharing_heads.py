"""What the page `sharing_heads` says; {braces} are filled in the browser or by whoever draws."""

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
FACT_LOSS_SHIPPED = "nats a token: of the model shown here, after {steps:,} steps"
FACT_LOSS_KEPT = "nats a token: of the run shown here, seed {seed}, after {steps:,} steps"
FACT_RUNS = "Other runs"
FACT_SEEDS = "mean of runs of {steps:,} steps; seeds: {seeds}"
FACT_PARAMETERS = "Parameters"
SHARING_HEADLINE = (
    "{runs} runs of {steps:,} steps each, trained alike: MLA with {numbers} cached numbers reaches a "
    "mean loss of {loss:.3f}. {good} needs {good_numbers} for as much ({good_loss:.3f}); {worse}, with "
    "{worse_numbers}, stays at {worse_loss:.3f}."
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
    "scatterAbout": (
        "Runs of {steps:,} steps, not the longer ones of the four models above. Lower is better, left "
        "is smaller. Choose a point to see that model beside it."
    ),
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
    "{tokens:,} tokens, none of them trained on. The four models that run here are one longer run of "
    "each ({longer:,} steps, more text), and their losses, on the same tokens, stand on their cards "
    "(assets/models/README.md)."
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
