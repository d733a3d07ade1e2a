"""Every sentence that a reader sees, a package a language."""
