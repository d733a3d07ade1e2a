"""What can be wrong with a `config.json` that is counted: one English sentence a key."""

UNCOMPARED = (
    "what its layers keep was not compared with a running model, so it is not counted here."
)
# of a kind that transformers does not know: why a field of it cannot be counted
UNKNOWN_KIND = {
    "not_understood": "whether it changes what the cache keeps is not known here",
    "keeps_states": "its other layers keep a state, whose size is not known here",
    "no_size": "it must be a positive whole number",
    "no_switch": "it must be true or false",
    "a_block_each": "it must have one block for each of {count} layers",
    "bare_block": "a block without its attention is not known here",
    "block_field": "its {inside} is not known here",
    "block_group": "n_heads_in_group {group} must divide {heads}",
    "a_rate_each": "it must have an entry for each of {count} layers",
    "one_shared_key": "with compress_ratios, one shared key is known",
    "rate": "{rate} is neither 0, 4 nor 128",
    "a_number_each": "it must be a list of {count} positive whole numbers",
    "uneven_layer": "{own} does not divide the {heads} heads of a layer",
    "no_latent": "without kv_lora_rank, what it means is not known here",
    "two_groups": "num_key_value_heads beside it says another thing",
    "how_many_share": "how many keys its heads share is not known here",
    "a_word_each": "it must have one word for each of {count} layers",
    "strange_layer": "what a layer of {kind} keeps is not known here",
    "window_off": "layer_types beside it has layers with a window",
    "window_length": "how long the window is, sliding_window must say",
    "which_windows": (
        "which layers have it is not known here: layer_types, one word a layer, would say it"
    ),
    "window_of_latent": "together with kv_lora_rank it is not known here",
    "short_window": "it must hold an earlier token too",
}
SENTENCES = {
    # the text and its fields
    "unreadable": "{path} cannot be read: {reason}",
    "too_long": "A config.json has at most {most:,} characters here.",
    "not_json": (
        "This is not JSON: paste the whole config.json, from its first brace to its last."
    ),
    "not_json_from": (
        "This is not JSON (line {line}): "
        "paste the whole config.json, from its first brace to its last."
    ),
    "no_object": "A config.json holds one object: it begins with a brace.",
    "too_large": "{field} is {value}: at most {most:,} is read here.",
    "not_words": "{field} must be a list of words, one a layer.",
    "not_whole": "{field} must be a whole number, not {value}.",
    "not_between": "{field} is {value:,}: it must lie between {least} and {most:,}.",
    "no_model_type": "model_type is missing: it says which kind of model this is.",
    # which part writes text
    "no_braces": "{field} must be an object in braces.",
    "two_parts": (
        "{first} and {second}: which of the two writes the text is not known here: "
        "paste one of them alone."
    ),
    "strange_part": (
        "{part} has layers, but whether it writes the text is not known here: "
        "paste what is in it alone, with its model_type."
    ),
    "no_such_part": "{part}: a {kind} model has none.",
    "no_text_part": "text_config is missing: a {kind} model says its sizes there.",
    # kinds that are not counted
    "encoder_and_decoder": "model_type {kind} is an encoder and a decoder: not counted here.",
    "draft": (
        "model_type {kind} is a draft model, which reads the cache of another: "
        "paste that one's config.json."
    ),
    "both_ways": (
        "model_type {kind} looks both ways, it does not write one token after the other: "
        "not counted here."
    ),
    "not_compared": "model_type {kind}: " + UNCOMPARED,
    "not_compared_fields": "model_type {kind} ({fields}): " + UNCOMPARED,
    "refused": "transformers refuses this {kind} configuration: {reason}",
    # what the layers keep
    "not_positive": "{field} must be a positive whole number, not {value}.",
    "two_attentions": (
        "num_hidden_layers is {layers} and num_layers is {pairs}: each layer of a "
        "longcat_flash model has two attentions, so say num_layers alone."
    ),
    "indexer_alone": (
        "kv_source_layers: layers that keep only an indexer's keys are not known here."
    ),
    "kinds_and_layers": "layer_types has {kinds} entries for {layers} layers.",
    "unknown_layer": (
        "layer_types: what a layer of the kind {kind!r} keeps is not known here."
    ),
    "unknown_layer_fields": (
        "layer_types ({fields}): what a layer of the kind {kind!r} keeps is not known here."
    ),
    "no_attention": "layer_types: no layer of this model has attention.",
    "keeps_nothing": "No layer of this model has attention that keeps anything.",
    "window_too_short": (
        "sliding_window is {window}: it must hold an earlier token too, or be null."
    ),
    "latent_window": "sliding_window and kv_lora_rank together are not known here.",
    "no_rate": "compress_rates must give a positive whole number for {kind}.",
    "uneven_width": (
        "head_dim is missing, and hidden_size, {hidden_size}, is not a multiple of "
        "num_attention_heads, {heads}."
    ),
    "uneven_groups": (
        "num_key_value_heads is {kv_heads}, which does not divide num_attention_heads, {heads}."
    ),
    "other_groups": (
        "swa_num_key_value_heads is {value}, but "
        "transformers' code for mimo_v2_flash gives these layers {found}."
    ),
    "unknown_state": (
        "layer_types: what a linear_attention layer of {kind!r} keeps is not known here."
    ),
    "outside": (
        "{field} is {value} outside {part}, where "
        "{kind} does not read it: move it into {part}, or remove it."
    ),
    "not_read": (
        "{field} is {value}: transformers' class for {kind} "
        "does not read it, and what it does there is not known here."
    ),
    # of a kind that transformers does not know
    "twice": (
        "{first} is {value} and {second} is {other}: "
        "they mean the same, so one of the two must go."
    ),
    "missing": (
        "{field} is missing, and transformers does not know the model_type {kind!r}: "
        "add the field."
    ),
    "missing_kv_heads": (
        "num_key_value_heads is missing, and transformers does not know the model_type {kind!r}: "
        "add it, as large as num_attention_heads if each head has a key of its own."
    ),
    "missing_share_factor": (
        "cla_share_factor is missing, and transformers does not know the model_type {kind!r}: "
        "add how many layers share one cache."
    ),
    **{
        key: "{field} is {value}: " + why
        + " (model_type {model_type!r}, which transformers does not know)."
        for key, why in UNKNOWN_KIND.items()
    },
}  # fmt: skip
