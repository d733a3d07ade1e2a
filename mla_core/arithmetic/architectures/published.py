"""Published models: each figure as its source gives it.

Numbers of parameters are those that the makers name, often in the model's name, or were counted
(tests/core counts them again) in the model that transformers builds from its class's defaults.
"""

from mla_core.arithmetic.architectures.architecture import Architecture
from mla_core.arithmetic.architectures.attention import Compressed, Heads, Latent, State

AICONFIGURATOR = "github.com/ai-dynamo/aiconfigurator, src/aiconfigurator/model_configs"
V2_PAPER = "DeepSeek-V2, arXiv 2405.04434, section 3.1.2 and config_236B.json"
LITE = "DeepSeek-V2, arXiv 2405.04434, appendix B and config_16B.json"
V3_CODE = "DeepSeek-V3, github.com/deepseek-ai/DeepSeek-V3, inference/configs/config_671B.json"
V32_CODE = "github.com/deepseek-ai/DeepSeek-V3.2-Exp, inference/config_671B_v3.2.json"
LLM = "DeepSeek LLM, arXiv 2401.02954, table 2"
GPT3 = "Brown et al., arXiv 2005.14165, table 2.1"
GPT2 = "transformers 5.23, gpt2; github.com/karpathy/nanoGPT, model.py"
LITGPT = "github.com/Lightning-AI/litgpt, litgpt/config.py"
GPT_OSS = "github.com/openai/gpt-oss, gpt_oss/torch/model.py; transformers 5.23, gpt_oss"
PALM = "PaLM 540B, emergentmind.com/topics/palm-540b-parameter-model"
K2 = (
    f"Kimi K2, arXiv 2507.20534; {AICONFIGURATOR}/moonshotai--Kimi-K2-Instruct_config.json; the "
    "context is of moonshotai--Kimi-K2.5_config.json"
)
MIXTRAL = f"{LITGPT}; transformers 5.23, mixtral"
B = 1e9
EVERYTHING = ("layers", "heads", "sizes", "context")

DEEPSEEK = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
GLM = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 192, "v_head_dim": 256}


def transformers(name: str) -> str:
    return f"transformers 5.23, {name}: the defaults of its configuration class"


def _heads(
    name: str, layers: int, heads: int, kv_heads: int, head_dim: int, context: int | None,
    source: str, billions: float, active: float | None = None,
    experts: tuple[int, int] | None = None, note: str = "", defaults: tuple[str, ...] = (),
) -> Architecture:  # fmt: skip
    return Architecture(
        name, ((layers, Heads(heads, kv_heads, head_dim)),), context, source, billions * B,
        billions * B if active is None else active * B, experts, note, defaults,
    )  # fmt: skip


MODELS = (
    Architecture(
        "DeepSeek-V3 / R1", ((61, Latent(128, **DEEPSEEK)),), 131_072, V3_CODE, 671 * B, 37 * B,
        (256, 8), "R1 is V3's architecture, unchanged.",
    ),
    Architecture(
        "DeepSeek-V2", ((60, Latent(128, **DEEPSEEK)),), 131_072, V2_PAPER, 236 * B, 21 * B, (160, 6)
    ),
    Architecture(
        "DeepSeek-V2-Lite", ((27, Latent(16, **DEEPSEEK)),), 32_768, LITE, 15.7 * B, 2.4 * B, (64, 6)
    ),
    Architecture(
        "DeepSeek-V3.2-Exp",
        ((61, Latent(128, **DEEPSEEK, index_head_dim=128, index_heads=64, index_top_k=2048)),),
        163_840, V32_CODE, 671 * B, 37 * B, (256, 8),
        "Sparse attention: 2,048 latents are read a query, all are kept, and an indexer's key of "
        "128 numbers beside each.",
    ),
    Architecture(
        "DeepSeek-V4-Flash",
        (
            (2, Heads(64, 1, 512, window=128)),
            (21, Compressed(64, 512, 128, 4, index_head_dim=128, index_heads=64, index_top_k=512)),
            (20, Compressed(64, 512, 128, 128)),
        ),
        1_048_576, f"{AICONFIGURATOR}/deepseek-ai--DeepSeek-V4-Flash_config.json",
        284 * B, 13 * B, (256, 6),
        "No longer MLA: one key of 512 numbers that is also the value, a window of 128 tokens, "
        "and in 41 of 43 layers one entry for each 4 (CSA) or 128 (HCA) tokens.",
    ),
    _heads("DeepSeek LLM 67B", 95, 64, 8, 128, 4096, LLM, 67),
    _heads(
        "DeepSeek LLM 7B", 30, 32, 32, 128, 4096, LLM, 7,
        note="30 layers and 32 heads are also what the video's notes take for DeepSeek-V2.",
    ),
    Architecture(
        "Kimi K2", ((61, Latent(64, **DEEPSEEK)),), 262_144, K2,
        note="The context is K2.5's; the first K2 had 131,072.",
    ),
    Architecture(
        "Kimi Linear",
        ((7, Latent(32, **DEEPSEEK)), (20, State(32, 49_152, 524_288))),
        1_048_576, f"Kimi Linear 48B-A3B, its config.json, as reported; {transformers('kimi_linear')}",
        49.1 * B, 3.50 * B, (256, 8),
        "Full attention at layers 4, 8, ..., 24 and 27: these 7 are MLA, the other 20 keep a state of "
        "one size.", defaults=("heads", "latent", "state", "context"),
    ),
    Architecture(
        "LongCat-Flash", ((56, Latent(64, **DEEPSEEK)),), 131_072, transformers("longcat_flash"),
        note="28 layers with two attentions each.", defaults=EVERYTHING,
    ),
    Architecture(
        "GLM-5",
        ((78, Latent(64, **GLM, index_head_dim=128, index_heads=32, index_top_k=2048)),),
        202_752, f"{AICONFIGURATOR}/zai-org--GLM-5-FP8_config.json; {transformers('glm_moe_dsa')}",
        744 * B, 41.8 * B, (256, 8), defaults=("indexer",),
    ),
    Architecture(
        "GLM-4.7-Flash", ((47, Latent(20, **GLM)),), 202_752,
        f"{AICONFIGURATOR}/zai-org--GLM-4.7-Flash_config.json", 29.9 * B, 3.90 * B, (64, 4),
    ),
    Architecture(
        "Mistral Small 4", ((36, Latent(32, 256, 64, 64, 128)),), 1_048_576,
        transformers("mistral4"), 119 * B, 6.63 * B, (128, 4), defaults=EVERYTHING,
    ),
    Architecture(
        "Mistral Large 4",
        (
            (54, Latent(64, 512, 64, 64, 128, index_head_dim=128, index_heads=32, index_top_k=2048)),
            (18, Latent(64, 512, 0, 128, 128, index_head_dim=128, index_heads=32, index_top_k=2048)),
        ),
        1_048_576, transformers("mistral_large4"), 1049 * B, 51.8 * B, (128, 4),
        "Every fourth layer has no rope key. Layers that share another layer's cache are not counted "
        "apart: the class's default has none.", defaults=EVERYTHING,
    ),
    Architecture("MiniCPM3-4B", ((62, Latent(40, 256, 32, 64, 64)),), 32_768,
                 transformers("minicpm3"), 4.07 * B, 4.07 * B, defaults=EVERYTHING),
    Architecture("Youtu-LLM-2B", ((32, Latent(16, **DEEPSEEK)),), 131_072,
                 transformers("youtu"), 1.96 * B, 1.96 * B, defaults=EVERYTHING),
    _heads("GPT-2 small", 12, 12, 12, 64, 1024, GPT2, 0.124),
    _heads("GPT-2 medium", 24, 16, 16, 64, 1024, GPT2, 0.35),
    _heads("GPT-2 large", 36, 20, 20, 64, 1024, GPT2, 0.774),
    _heads("GPT-2 XL", 48, 25, 25, 64, 1024, GPT2, 1.558),
    _heads(
        "GPT-3 175B", 96, 96, 96, 128, 2048, GPT3, 175,
        note="The paper alternates dense and banded attention; here every layer is dense.",
    ),
    _heads("Llama 2 7B", 32, 32, 32, 128, 4096, LITGPT, 7),
    _heads("Llama 2 70B", 80, 64, 8, 128, 4096, LITGPT, 70),
    _heads("Llama 3 8B", 32, 32, 8, 128, 8192, LITGPT, 8),
    _heads("Llama 3 70B", 80, 64, 8, 128, 8192, LITGPT, 70),
    _heads("Llama 3.1 8B", 32, 32, 8, 128, 131_072, LITGPT, 8),
    _heads("Llama 3.1 70B", 80, 64, 8, 128, 131_072, LITGPT, 70),
    _heads("Llama 3.1 405B", 126, 128, 8, 128, 131_072, LITGPT, 405),
    _heads("Qwen2.5 72B", 80, 64, 8, 128, 131_072, LITGPT, 72),
    _heads("Qwen3 8B", 36, 32, 8, 128, 40_960, LITGPT, 8),
    _heads("Qwen3 32B", 64, 64, 8, 128, 40_960, LITGPT, 32),
    _heads("Qwen3 30B-A3B", 48, 32, 4, 128, 40_960, LITGPT, 30, 3, (128, 8)),
    _heads("Qwen3 235B-A22B", 94, 64, 4, 128, 40_960, LITGPT, 235, 22, (128, 8)),
    Architecture(
        "Mistral 7B v0.1", ((32, Heads(32, 8, 128, window=4096)),), 32_768,
        f"{LITGPT}; its config.json, as reported", 7 * B, 7 * B,
        note="A window of 4,096 tokens in every layer: its cache stops growing there.",
    ),
    _heads("Mixtral 8x7B", 32, 32, 8, 128, 32_768, MIXTRAL, 46.7, 12.9, (8, 2)),
    _heads("Mistral Large 2407", 88, 96, 8, 128, 32_768, f"{LITGPT}", 123),
    _heads("Gemma 2B", 18, 8, 1, 256, 8192, LITGPT, 2),
    _heads("Gemma 7B", 28, 16, 16, 256, 8192, f"{LITGPT}; {transformers('gemma')}", 8.54,
           defaults=("context",)),
    Architecture(
        "Gemma 3 27B", ((52, Heads(32, 16, 128, window=1024)), (10, Heads(32, 16, 128))), 131_072,
        LITGPT, 27 * B, 27 * B, note="Five of six layers look back 1,024 tokens and stop growing.",
    ),
    _heads("Falcon 7B", 32, 71, 1, 64, 2048, LITGPT, 7),
    _heads(
        "Falcon 40B", 60, 128, 8, 64, 2048, LITGPT, 40,
        note="transformers caches its 8 KV heads repeated for all 128 heads.",
    ),
    _heads("Falcon 180B", 80, 232, 8, 64, 2048, LITGPT, 180),
    _heads(
        "PaLM 540B", 118, 48, 1, 256, None, PALM, 540, note="Its context is not in our sources.",
    ),
    Architecture(
        "gpt-oss-120b", ((18, Heads(64, 8, 64, window=128)), (18, Heads(64, 8, 64))), 131_072,
        GPT_OSS, 117 * B, 5.71 * B, (128, 4), "Every other layer looks back 128 tokens.",
        defaults=("context",),
    ),
)  # fmt: skip
PUBLISHED = {model.name: model for model in MODELS}
