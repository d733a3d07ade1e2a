"""The experiments of the chapter `pages/deepseeks_scale.py`."""
