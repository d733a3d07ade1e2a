"""What the page `absorption` says; {braces} are filled in the browser or by whoever draws."""

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
