"""One feed of numbered events, and four ways to deliver it: polling, long polling, SSE, WebSocket.

feed = Feed()
async with FeedServer(feed) as server:
    client = SseClient(server.url(Transport.SSE))
    feed.publish("hello")
    async for event in client:
        ...
"""

from course_lib.transports.clients import (
    CLIENTS,
    Client,
    LongPollingClient,
    PollingClient,
    SseClient,
    WebSocketClient,
)
from course_lib.transports.event_stream import EventStreamParser, ServerSentEvent
from course_lib.transports.feed import Feed, FeedEvent
from course_lib.transports.server import FeedServer
from course_lib.transports.transport import Transport
from course_lib.transports.websocket_server import FeedHandler
