"""The experiments of the chapter `pages/sharing_heads.py`."""
