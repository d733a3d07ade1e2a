"""What can be wrong with a model directory: one English sentence a key, see `CheckpointError`."""

START_TOKEN = "{path}: bos_token_id is {token!r}: it must be null or a token of the vocabulary"
UNKNOWN = "{path}: the architecture {model_type!r} is not known here; known are {known}"
SENTENCES = {
    # which directory
    "unknown_name": "{name} is neither a directory nor a known model ({known})",
    "not_downloaded": (
        "{name} is not on this machine yet: fetch it with "
        'mla_core.download("{name}"), or set {variable}'
    ),
    # config.json
    "no_config": (
        "{path} does not exist: a model directory holds config.json, "
        "model.safetensors and tokenizer.json"
    ),
    "unreadable_config": "{path} cannot be read: {reason}",
    "no_object": "{path} must hold one JSON object",
    "missing_field": "{path} lacks the field {field!r}",
    "unknown_architecture": UNKNOWN,
    "unknown_architecture_with_code": (
        UNKNOWN + "; code that it brings along (auto_map) is never run"
    ),
    "quantised": (
        "{path}: {field} is set: its weights are quantised; only whole ones are opened here"
    ),
    "quantised_by": (
        "{path}: {field} is set ({method}): its weights are quantised; "
        "only whole ones are opened here"
    ),
    "start_token_kind": START_TOKEN,
    "start_token_outside": START_TOKEN + ", 0 to {last}",
    "default_start_token_outside": (
        START_TOKEN + ", 0 to {last} (the default where a file names none)"
    ),
    "not_positive": "{path}: {field} must be a positive whole number, not {value!r}",
    "ranks": "{path}: each of {layers} layers needs a rank, not {ranks}",
    "activation": "{path}: the activation {value!r} is not built here (only {built})",
    "flag_not_built": "{path}: {flag} is set, which is not built here",
    "unscaled": "{path}: scale_attn_weights is off, which is not built here",
    "uneven_heads": "{path}: n_embd {width} is not a multiple of n_head {heads}",
    "uneven_groups": (
        "{path}: num_attention_heads {heads} is not a multiple of num_key_value_heads {kv_heads}"
    ),
    "odd_rotation": (
        "{path}: RoPE turns pairs of numbers, so its width {head_dim} must be even"
    ),
    "rope_type": "{path}: rope_type {rope_type!r} is not built here",
    "partial_rotation": "{path}: partial_rotary_factor is not built here",
    "refused_config": "{path}: {reason}",
    "other_baseline": "{directory} holds a {model_type}; the baseline is a gpt2",
    # the tokenizer
    "unreadable_tokenizer": "the tokenizer in {directory} cannot be read: {reason}",
    "too_many_tokens": "{path} has {tokens} tokens, config.json only {vocabulary}",
    "no_template": "{directory} has no chat template: use the raw text",
    "bad_template": "the chat template in {directory} cannot be used: {reason}",
    # the weights
    "missing_file": "{path} does not exist",
    "damaged_file": "{path} is damaged or cut short ({reason}); fetch it again",
    "no_index": "{path} is not an index of safetensors files",
    "outside": "{path} names a file outside its directory",
    "pickled": (
        "{directory} holds pickled weights only; save it as {file}, "
        "which cannot run code when it is opened"
    ),
    "not_finite": "{where}: {tensor} holds NaN or infinite numbers; fetch it again",
    "quantised_tensor": (
        "{path}: {tensor} holds {dtype}: its weights are quantised, though config.json "
        "has no quantization_config; only whole ones are opened here"
    ),
    "missing_tensors": "{directory} lacks {count} tensors, the first is {first}",
    "other_shape": "{directory}: {tensor} has shape {shape}, config.json asks for {wanted}",
    "no_numbers": "{directory}: {tensor} holds {dtype}, not real numbers",
    "not_built": "{directory} cannot be built by transformers: {reason}",
    "no_room": "{what} needs {needed:.1f} GB of memory in {dtype}; {free:.1f} GB are free",
}  # fmt: skip
