"""The experiments of the chapter `pages/inside_one_head.py`."""
