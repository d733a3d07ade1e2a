"""One worker for all the sessions of a server."""
