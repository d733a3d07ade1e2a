"""What `pages/speed.py` alone needs beyond its component."""
