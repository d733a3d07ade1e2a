"""Bytes from a configuration alone; a live cache must agree (tests/core/test_accounting.py)."""

from mla_core.models.config import ModelConfig


def kv_bytes_per_token(config: ModelConfig, bytes_per_value: float = 2) -> int:
    """What one token adds to the KV cache of all layers (DeepSeek-V2, Table 1).

    MHA 2 h k l, GQA 2 g k l, MQA 2 k l, MLA (c + r) l values.

    Args:
        config: of any model that `load_model` opens.
        bytes_per_value: 4 for float32, 2 for bfloat16, 0.75 for 6 bits.

    Raises:
        ValueError: `bytes_per_value` is not positive.
    """
    if not bytes_per_value > 0:
        raise ValueError(f"bytes_per_value must be positive, not {bytes_per_value}")
    return round(config.cached_values * bytes_per_value)
