"""Fields of a `config.json` that are known to leave the cache's size alone.

Of a kind that transformers does not know, every other field whose name smells of attention or of
the cache stops the reading: a list of what is dangerous could never be complete, one of what is
harmless only asks too often.
"""

import re

SMELLS = re.compile(
    r"at+n|attent|layer|cache|window|head|rank|state|skip|shar|compress|linear|sparse|index|latent"
    r"|kv|key|value|query|group|local|global|block|mamba|ssm|s4|conv|recur|rnn|memor|sink|chunk"
    r"|stride|hybrid|mla|lora|nope|qk|pattern|interval|every|period|offset|delta|retention|gla|kda"
    r"|lightning|evict|budget|reuse|cross|swa|nsa|dsa|csa|hca|gqa|mqa|topk|top_k|dilat|band|bidirect"
    r"|causal|prefix|segment|bucket|merge|pool|down_?sampl|depth|loop|cycle|unroll|repeat|full|dense"
    r"|decod|encod|moba|infini|landmark|sharing|no_op|identity|prun|drop_",
    re.IGNORECASE,
)
# the rest of what these patterns name: probabilities, scales, biases, norms, experts, rotation, ...
HARMLESS_PATTERNS = re.compile(
    r"^("
    # dropout and how weights began
    r".*drop(out)?(_prob|_p|_rate)?|.*pdrop|initializer_.*|init_(std|method|scale|device).*|.*_init(_std|_method)?"
    # norms, biases, scales, soft caps, activations, precision: of what is computed, not kept
    r"|.*norm(_eps|_epsilon|_type|_bias|_position|_elementwise_affine|_weight|_before|_class)?"
    r"|.*norm_eps(ilon)?|.*layernorm.*|.*_bias|bias|.*softcap(ping)?|.*soft_cap(ping)?"
    r"|.*_in_fp32|query_pre_attn_scalar|(attention|embedding|residual|logits?|ffn|mlp|lm_head)_(dim_)?multiplier"
    r"|apply_query_key_layer_scaling|parallel_at+n.*|.*logits?_scal(e|ing)|scale_(at+n.*|depth|emb.*|width.*|mask.*|output.*)"
    r"|.*_act(ivation)?(_fn|_func|_function)?|.*dtype|.*precision"
    # experts and multilayer perceptrons; of DeepSeek-like ones the first layers are dense
    r"|moe_.*|.*_moe|mlp_.*|.*_mlp|router_.*|.*_router|(?!.*(at+n|attent|kv|head|cache|window)).*expert.*|ffn_.*|.*intermediate_size"
    r"|.*aux_loss.*|first_k_dense_replace|decoder_sparse_step|n_group|topk_group|topk_method"
    r"|scoring_func|norm_topk.*|routed_.*|num_shared_expert.*|n_shared_expert.*"
    # heads and layers that predict further tokens: weights beside the model, not run with it
    r"|num_nextn_predict_layers|num_mtp_.*|mtp_.*|lm_head.*|rm_head|score_head.*"
    # positions
    r"|.*rope_(theta|scaling|parameters|type|base|ratio|interleave.*|factor|local_base_freq|pct)"
    r"|rope_.*(?<!dim)|rotary_.*|partial_rotary_factor|use_rope.*|mrope_.*|.*alibi.*|yarn_.*"
    r"|no_rope_layers?|no_rope_layer_interval|position_embedding.*|original_max_.*|longrope.*"
    # words and tokens
    r"|.*_token_(id|ids|index)|.*vocab.*|tie_.*|.*_ids?_?map|id2label|label2id|problem_type|.*embedding_size"
    # pictures and sound, written flat beside the text
    r"|vision_.*|visual_.*|image_.*|img_.*|video_.*|audio_.*|speech_.*|mm_.*|projector_.*|spatial_.*"
    # quantisation and training
    r"|quantization.*|quant_.*|compression_config|.*gradient_checkpointing.*|ep_size|pretraining_.*"
    r"|attn_implementation.*|_attn_implementation.*|_flash_attn.*|use_flash.*|flash_attn.*"
    r"|use_sdpa.*|use_fused.*|fused_.*|use_bfloat16|use_fp8.*"
    # what generation is told
    r"|use_cache|cache_implementation|top_k|top_p|temperature|num_beam.*|diversity_penalty"
    r"|chunk_size_feed_forward|output_(attentions|hidden_states|scores)|return_dict.*|task_specific.*"
    r"|is_decoder|auto_map|architectures|transformers_version|_name_or_path|model_type|torchscript"
    # query compression and how the weights of a projection lie
    r"|q_lora_rank|attention_q_lora_dim|o_lora_rank|o_groups|.*qkv_fused.*|fuse_.*"
    r")$",
    re.IGNORECASE,
)
# of these, false says that something usual is missing, so it is no harmless "no"
USUAL = re.compile(
    r"full|dense|causal|softmax|standard|use_at+n|use_attention$|has_at+n|^attention$"
)


def deciding(field: str) -> bool:
    """Whether a field's name could have to do with what a cache keeps."""
    return bool(SMELLS.search(field)) and not HARMLESS_PATTERNS.match(field)


def is_off(field: str, value: object) -> bool:
    """Whether a value says "none of that": null, false, 0, empty, or objects and lists of nulls."""
    if field == "attn_type_list":  # MiniMax: 1 is a layer with keys and values
        return value is None or (isinstance(value, list) and all(one == 1 for one in value))
    if field == "layer_group_size":  # Ring: the last layer of each group has keys and values
        return value in (None, 1)
    if isinstance(value, bool):
        return value is bool(USUAL.search(field))
    if isinstance(value, dict):
        return all(is_off(name, one) for name, one in value.items())
    if isinstance(value, list):
        return all(one is None for one in value)
    if isinstance(value, str):
        return value.lower() in ("", "none", "null", "full", "full_attention", "softmax")
    return value is None or value == 0
