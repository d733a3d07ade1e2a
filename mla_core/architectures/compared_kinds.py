"""Which kinds of transformers are counted: those whose cache was compared with a tiny running model.

tests/core/test_kinds_of_transformers.py compares every kind that writes one token after the other, and
prints the table: equal ones are here, all others are refused.
"""

COMPARED = frozenset(
    """
    afmoe apertus arcee aria_text axk1 axk2 beam biogpt bitnet bloom chameleon codegen cohere
    cohere2 cohere2_moe cosmos3_edge_text ctrl cwm deepseek_ocr2_text deepseek_v2 deepseek_v3
    deepseek_v32 deepseek_v4 diffllama doge dots1 emu3_text_model ernie4_5 ernie4_5_moe exaone4
    exaone_moe falcon flex_olmo flint gemma gemma2 gemma3_text gemma3n_text gemma4_text
    gemma4_unified_text glm glm4 glm4_moe glm4_moe_lite glm4v_moe_text glm4v_text glm_moe_dsa
    glm_ocr_text gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gpt_oss gptj granite
    granite_docling_text granite_swa granitemoe granitemoe_swa granitemoeshared helium hrm_text
    hunyuan_v1_dense hunyuan_v1_moe hy_v3 hy_v4 hyperclovax internlm3 iquestcoder jais2 jetmoe
    kimi_linear kolibri1 kosmos_2_5_text_model kosmos_2_text_model laguna lfm2 llama llama4_text
    longcat_flash mellum mimo_v2_flash minicpm3 minimax_m2 minimax_m3_vl_text ministral
    ministral3 mistral mistral4 mistral_large4_text mixtral mllama_text_model modernbert-decoder
    molmo2_text mpt muse_glimmer_text muse_spark_text nanochat nemotron olmo olmo2 olmo3 olmoe
    opt paddleocr_vl_text persimmon phi phi3 phi4_multimodal phimoe qwen2 qwen2_5_omni_text
    qwen2_5_vl_text qwen2_moe qwen2_vl_text qwen3 qwen3_5_moe_text qwen3_5_text qwen3_moe
    qwen3_next qwen3_omni_moe_text qwen3_vl_moe_text qwen3_vl_text seed_oss smollm3 solar_open
    stablelm starcoder2 step3p5 vaultgemma xglm youtu
    """.split()
)
# made to fill gaps or to compare texts; some can be told to write, which nobody publishes
BOTH_WAYS = frozenset(
    """
    bert bert-generation big_bird camembert data2vec-text electra ernie megatron-bert rembert roberta
    roberta-prelayernorm roc_bert roformer xlm-roberta xlm-roberta-xl xmod xlm xlnet reformer
    modernbert albert distilbert mpnet deberta deberta-v2 clip_text_model siglip_text_model
    """.split()
)
DRAFTS = ("gemma4_assistant", "gemma4_unified_assistant")
# their code divides hidden_size by the heads, whatever head_dim a file has
NO_HEAD_DIM = frozenset(
    """
    biogpt blip_text_model bloom codegen cpmant ctrl git gpt2 gpt_bigcode gpt_neo gpt_neox
    gpt_neox_japanese gptj kosmos_2_text_model kosmos_2_5_text_model modernbert-decoder mpt opt
    persimmon trocr xglm
    """.split()
)
# every head has its own key and value, whatever num_key_value_heads a file has
NO_KV_HEADS = frozenset(
    """
    biogpt blip_text_model bloom codegen cpmant ctrl git gpt2 gpt_neo gpt_neox gpt_neox_japanese
    gptj hrm_text kosmos_2_text_model kosmos_2_5_text_model modernbert-decoder mpt opt persimmon
    trocr xglm
    """.split()
)
