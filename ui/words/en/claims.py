"""The words of the page "Claims, checked": what is said, by whom, and what is right about it."""

from typing import Any

VERDICTS = {"true": "true", "else": "true of something else", "false": "false"}
TITLE = "“{claim}”"
VERDICT = ":{colour}-badge[{mark} {verdict}]"
MARKS = {"true": "✓", "else": "◐", "false": "✗"}
CHOOSE = "Claims"
SAID = "**Who says so.** {said}"
FACT = "**What is right.** {fact}"
SOURCES = "**Sources.** {sources}"
INPUTS = "Change what it is made of"
INPUTS_ABOUT = "Each as its source has it, until you change it."
BACK = "As the sources have it"
CHANGED = "With your inputs, not those of the sources."
HERO = "{filled} = {result} {unit}"
STEPS = "| | formula | with the numbers | |\n|---|---|---|--:|"
STEP = "| {name} | `{named}` | `{filled}` | **{result}** {unit} |"
ALT = "Bars of equal scale: {told}"
INTRO = (
    "Numbers about MLA travel without their baselines. Here each is rebuilt from what it is made of: "
    "{true} true, {other} true of something else, {false} false."
)

# key -> claim, who says so, what is right, sources, names and units of its steps
CARDS: dict[str, dict[str, Any]] = {
    "57x": {
        "claim": "MLA makes the KV cache 57 times smaller.",
        "said": "Welch Labs, “How DeepSeek Rewrote the Transformer [MLA]” (2025).",
        "fact": "Right beside a model that was never built: the same 128 heads, each with keys and "
        "values of 128 numbers. The MHA that DeepSeek did train to compare had 860,160 numbers a "
        "token: 24.9 times. Beside GQA with 8 KV heads it is 3.56 times.",
        "sources": "DeepSeek-V2, arXiv 2405.04434, §3.1.2 and Table 9; the video's notes.",
        "steps": {"mha": ("MHA, numbers a token and layer", ""),
                  "mla": ("MLA, numbers a token and layer", ""),
                  "ratio": ("How many times fewer", "times")},
    },
    "93.3%": {
        "claim": "MLA cuts the KV cache by 93.3 %.",
        "said": "DeepSeek-V2's abstract, about the whole model; most retellings say “MLA against MHA”.",
        "fact": "It compares DeepSeek-V2, its cache kept in **6 bits** on average, with DeepSeek 67B, "
        "which has **GQA** with 8 KV heads and 95 layers, in 16 bits. That arithmetic is our "
        "reconstruction, checked against the bars of the paper's Figure 1(b), which measure 389.10 and "
        "25.90 KB a token (93.344 %). At equal precision 82.2 % are saved. The video's notes derive 92.8 % "
        "from other inputs: 30 layers and 32 heads are defaults of a configuration class (V2 has 60 and "
        "128), the baseline is MHA, 576 · 30 lacks the 2 bytes of a number, and 492,520 should read "
        "491,520: with that, 92.97 %.",
        "sources": "DeepSeek-V2, arXiv 2405.04434, abstract, §3.2.3, Figure 1(b); DeepSeek LLM, arXiv "
        "2401.02954, Table 2; the video's notes.",
        "steps": {"video_mha": ("The video's MHA", "B a token"),
                  "video_mla": ("The video's MLA", "B a token"),
                  "video_saved": ("Saved, by the video's inputs", "%"),
                  "same_precision": ("Saved at equal precision, V2 against 67B", "%"),
                  "deepseek_67b": ("DeepSeek 67B", "B a token"),
                  "deepseek_v2": ("DeepSeek-V2 in 6 bits", "B a token"),
                  "saved": ("Saved", "%")},
    },
    "6x": {
        "claim": "R1 writes more than six times faster than a traditional Transformer.",
        "said": "Welch Labs' video, and summaries of it; DeepSeek-V2's paper says 5.76 times.",
        "fact": "5.76 is the largest throughput of DeepSeek-V2 over that of DeepSeek 67B on one node of "
        "8 H800: with weights in FP8, a 6-bit cache, 21 billion active parameters instead of 67, and "
        "larger batches. Not MLA alone, not against plain MHA, and R1 was not measured. What MLA alone "
        "can give is a curve: see “How fast” on the page before.",
        "sources": "DeepSeek-V2, arXiv 2405.04434, abstract, §3.2.3; tokens a second read off the vector "
        "bars of Figure 1(b).",
        "steps": {"deepseek_67b": ("DeepSeek 67B", "tokens/s"), "deepseek_v2": ("DeepSeek-V2", "tokens/s"),
                  "ratio": ("How many times faster", "times")},
    },
    "400gb": {
        "claim": "At 100,000 tokens the cache would need 400 GB.",
        "said": "Welch Labs' video, about R1's shape without MLA.",
        "fact": "The arithmetic is right, for a model that nobody built: R1 as plain MHA, one sequence, "
        "two bytes a number. R1 itself needs 7 GB.",
        "sources": "DeepSeek-V3, config_671B.json (61 layers, 128 heads, latent 512 + 64).",
        "steps": {"with_mla": ("R1 as it is", "GB"), "with_mha": ("R1 as plain MHA", "GB")},
    },
    "576": {
        "claim": "MLA reduces the cache 576 times.",
        "said": "A machine-made summary of the video.",
        "fact": "576 is what is cached: 512 numbers of the latent and 64 of the rope key, a token and "
        "layer. The reduction is 57 times, beside 128 heads of plain MHA.",
        "sources": "DeepSeek-V2, arXiv 2405.04434, §2.1 and §3.1.2.",
        "steps": {"numbers": ("MLA, numbers a token and layer", ""),
                  "mha": ("MHA, numbers a token and layer", ""), "ratio": ("How many times fewer", "times")},
    },
    "smallest": {
        "claim": "MLA has the smallest cache of all.",
        "said": "Common in retellings.",
        "fact": "One KV head for all (MQA) keeps 256 numbers where MLA keeps 576, as much as 2.25 groups "
        "of GQA would. MLA's point is what it can still say with that little: see “Sharing heads”.",
        "sources": "DeepSeek-V2, arXiv 2405.04434, Table 1; MQA: arXiv 1911.02150.",
        "steps": {"mqa": ("MQA", "numbers a token and layer"), "mla": ("MLA", "numbers a token and layer"),
                  "gqa": ("GQA with 8 KV heads", "numbers a token and layer"),
                  "groups": ("MLA in groups of GQA", "groups")},
    },
    "memory": {
        "claim": "Decoding is always bound by memory.",
        "said": "A rule of thumb from MHA, where it holds: one FLOP for each byte.",
        "fact": "With 128 heads on one latent MLA forms 242 FLOP for each byte it reads. On an H200 as we "
        "measured it that is more than the GPU can do meanwhile: products bind. FlashMLA says the same of "
        "an H800 from 128 heads on. With heads spread over several GPUs, or fewer of them, memory binds "
        "again: change the inputs.",
        "sources": "FlashMLA, docs/20250422-new-kernel-deep-dive.md; a copy (4.19 TB/s) and a bfloat16 "
        "product (756 TFLOP/s) on one H200, torch 2.11.0+cu130, 2026-11-22.",
        "steps": {"flops": ("FLOP a token of context and layer", "FLOP"),
                  "nbytes": ("Bytes read for them", "B"),
                  "intensity": ("MLA: FLOP a byte", "FLOP/B"),
                  "ridge": ("The GPU: FLOP while it reads a byte", "FLOP/B"),
                  "heads_until": ("Memory binds up to", "heads")},
    },
    "mqa": {
        "claim": "MLA is just MQA.",
        "said": "Asked by many, also in the video's own notebooks.",
        "fact": "While it decodes, yes: 128 query heads read one shared key of 576 numbers, whose first "
        "512 are also the value; DeepSeek calls this its MQA mode. But each head has its own W_UK and "
        "W_UV into that latent, which MQA has not, and in training and prefill it runs as MHA.",
        "sources": "DeepSeek-V3.2-Exp, DeepSeek_V3_2.pdf, appendix A, figure 4; DeepSeek-V2, equations 9-19.",
        "steps": {"read": ("Read by all heads, a token and layer", "numbers"),
                  "up_projections": ("In W_UK and W_UV, a layer; MQA: 0", "numbers")},
    },
    "swapped": {
        "claim": "In multi-query attention each head has its own keys and values.",
        "said": "A machine-made summary of the video; others swap MQA and GQA.",
        "fact": "That is MHA. In MQA all heads share **one** pair of keys and values, in GQA each group of "
        "heads shares one.",
        "sources": "MQA: arXiv 1911.02150; GQA: arXiv 2305.13245; DeepSeek-V2, Table 1. Here with the sizes "
        "of Llama 3 8B.",
        "steps": {"mha": ("MHA: each head its own", "numbers a token and layer"),
                  "gqa": ("GQA: each group one", "numbers a token and layer"),
                  "mqa": ("MQA: one for all", "numbers a token and layer")},
    },
    "compute": {
        "claim": "MLA costs no extra computation.",
        "said": "Common in retellings.",
        "fact": "Absorbed, every head meets keys of 576 and values of 512 numbers instead of 192 and 128: "
        "3.4 times the products for each token of context. It buys 57 times fewer bytes with them.",
        "sources": "DeepSeek-V2, arXiv 2405.04434, equations 9-19 and 3.1.2.",
        "steps": {"rebuilt": ("With rebuilt keys and values (the rebuilding not counted)", "multiply-adds a token and layer"),
                  "absorbed": ("Absorbed", "multiply-adds a token and layer"),
                  "ratio": ("How many times more", "times")},
    },
    "70kb": {
        "claim": "DeepSeek-V3 keeps 70 KB a token.",
        "said": "DeepSeek, “Insights into DeepSeek-V3”, Table 1, beside 327.68 KB for Qwen2.5 72B and 516.096 "
        "KB for Llama 3.1 405B.",
        "fact": "All three follow from the published shapes, in bfloat16.",
        "sources": "arXiv 2505.09343, Table 1; config_671B.json; litgpt, config.py.",
        "steps": {"qwen": ("Qwen2.5 72B", "B a token"), "llama": ("Llama 3.1 405B", "B a token"),
                  "deepseek_v3": ("DeepSeek-V3", "B a token")},
    },
    "v4": {
        "claim": "DeepSeek's models use MLA.",
        "said": "True from V2 (May 2024) to V3.2, and of Kimi K2, GLM-5, Mistral Small 4 and others.",
        "fact": "V4 (April 2026) does not: one key of 512 numbers that is also the value, 4 tokens "
        "compressed into one entry (CSA) or 128 (HCA), and a window of 128; its first two layers have only "
        "the window. Flash is said to need 7 % of V3.2's cache at a million tokens; by our count of its "
        "published configuration, in bfloat16 and with both indexers, 8.0 %.",
        "sources": "arXiv 2606.19348, as reported; deepseek-ai--DeepSeek-V4-Flash_config.json in "
        "github.com/ai-dynamo/aiconfigurator; DeepSeek-V3.2-Exp, inference/config_671B_v3.2.json.",
        "steps": {"v32": ("DeepSeek-V3.2", "B"), "v4": ("DeepSeek-V4-Flash", "B"),
                  "share": ("V4-Flash of V3.2", "%")},
    },
}  # fmt: skip
