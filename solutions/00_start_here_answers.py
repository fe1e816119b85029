# %% wrong message_size: characters instead of bytes
# says: count bytes, not letters
def message_size(text):
    return len(text)

# %% wrong message_size: another encoding
# says: `hello` takes five bytes
def message_size(text):
    return len(text.encode("utf-16"))

# %% wrong message_size: leaves out what ASCII does not have
# says: count bytes, not letters
def message_size(text):
    return len(text.encode("ascii", "ignore"))

# %% wrong message_size: the size of the Python object
# says: `hello` takes five bytes
import sys

def message_size(text):
    return sys.getsizeof(text)

# %% right message_size: counts code point by code point
def message_size(text):
    return sum(1 + (ord(c) > 0x7F) + (ord(c) > 0x7FF) + (ord(c) > 0xFFFF) for c in text)

# %% right message_size: bytes with a named encoding
def message_size(text):
    return len(bytes(text, "utf-8"))

# %% wrong ask: the last reply only
# says: return a list of the replies
from websockets.asyncio.client import connect

async def ask(url, texts):
    async with connect(url) as websocket:
        for text in texts:
            await websocket.send(text)
            reply = await websocket.recv()
        return reply

# %% wrong ask: a connection for each text
# says: open one connection
from websockets.asyncio.client import connect

async def ask(url, texts):
    replies = []
    for text in texts:
        async with connect(url) as websocket:
            await websocket.send(text)
            replies.append(await websocket.recv())
    return replies

# %% wrong ask: forgets to await what it receives
# says: the replies, as the server sent them
from websockets.asyncio.client import connect

async def ask(url, texts):
    replies = []
    async with connect(url) as websocket:
        for text in texts:
            await websocket.send(text)
            replies.append(websocket.recv())
    return replies

# %% wrong ask: returns inside the loop
# says: there is one reply to each text
from websockets.asyncio.client import connect

async def ask(url, texts):
    replies = []
    async with connect(url) as websocket:
        for text in texts:
            await websocket.send(text)
            replies.append(await websocket.recv())
            return replies

# %% right ask: sends everything before it reads
from websockets.asyncio.client import connect

async def ask(url, texts):
    async with connect(url) as websocket:
        for text in texts:
            await websocket.send(text)
        return [await websocket.recv() for _ in texts]

# %% right ask: a blocking client
from websockets.sync.client import connect

def ask(url, texts):
    with connect(url) as websocket:
        replies = []
        for text in texts:
            websocket.send(text)
            replies.append(websocket.recv())
        return replies
