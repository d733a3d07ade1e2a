"""Which kinds of transformers are counted: those whose cache was compared with a tiny running model.

tests/core/test_kinds_of_transformers.py compares every kind that writes one token after the other, and
prints the table: equal ones are here, all others are refused.
"""

COMPARED = frozenset(
    """
    gpt2 llama
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
