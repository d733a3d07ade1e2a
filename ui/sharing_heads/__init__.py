"""What `pages/sharing_heads.py` alone needs beyond its component."""
