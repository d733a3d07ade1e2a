"""Where the reader is: the URL and the session."""
