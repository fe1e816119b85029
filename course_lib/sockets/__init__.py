"""A server and a client that echo every message: the protocol over asyncio streams, and no more."""
