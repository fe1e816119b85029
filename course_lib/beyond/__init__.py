"""What comes after: WebSockets over HTTP/2, WebTransport, and head-of-line blocking over QUIC.

The one room that needs the extra `next`. Only lesson 12 imports from it.
"""
