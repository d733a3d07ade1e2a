"""Labels, notes, exports and chosen heads: what several pages show alike."""
