"""What `pages/deepseeks_scale.py` alone needs beyond its component."""
