"""What `pages/claims.py` alone needs beyond its component."""
