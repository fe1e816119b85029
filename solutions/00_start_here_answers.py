# %% wrong message_size: characters instead of bytes
# says: count bytes, not letters
# with: text.encode() -> text

# %% wrong message_size: another encoding
# says: 'hello' takes a byte for each of its 5 characters
# with: text.encode() -> text.encode("utf-16")

# %% wrong message_size: leaves out what ASCII does not have
# says: count bytes, not letters
# with: text.encode() -> text.encode("ascii", "ignore")

# %% wrong message_size: an alphabet of one byte a letter
# says: count bytes, not letters
# with: text.encode() -> text.encode("latin-1")

# %% wrong message_size: two bytes for all that is not English
# says: three bytes in UTF-8
def message_size(text):
    return sum(2 if ord(letter) > 127 else 1 for letter in text)

# %% wrong message_size: white space tidied away
# says: white space included
# with: text.encode() -> text.strip().encode()

# %% wrong message_size: accents put together
# says: take it as it is
import unicodedata

def message_size(text):
    return len(unicodedata.normalize("NFC", text).encode())

# %% wrong message_size: the size of the Python object
# says: 'hello' takes a byte for each of its 5 characters
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
# with: replies = [] -> replies = None
# with: replies.append(await websocket.recv()) -> replies = await websocket.recv()

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
# says: as the server sent them
# with: await websocket.recv() -> websocket.recv()

# %% wrong ask: returns inside the loop
# says: one for each text
# -     return replies
# +             return replies

# %% wrong ask: bytes instead of text
# says: the server gets each text as it is
# with: send(text) -> send(text.encode())

# %% wrong ask: an empty text left out
# says: the replies, in their order
# with: in texts: -> in filter(None, texts):

# %% wrong ask: replies sorted under their texts
# says: the replies, in their order
# with: replies = [] -> replies = {}
# with: replies.append(await websocket.recv()) -> replies[text] = await websocket.recv()
# with: return replies -> return list(replies.values())

# %% wrong ask: the answer guessed
# says: the replies, in their order
from websockets.asyncio.client import connect

async def ask(url, texts):
    async with connect(url):
        return [f"{text.upper()}!" for text in texts]

# %% wrong ask: one list for all calls
# says: no text, no reply
# with: (url: str, texts: list[str]) -> (url: str, texts: list[str], replies=[])
# -     replies = []

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

# %% right ask: another library, and nothing opened for nothing
import aiohttp

async def ask(url, texts):
    if not texts:
        return []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        return [(await ws.send_str(text), await ws.receive_str())[1] for text in texts]

# %% right ask: the connection left open
import websockets

async def ask(url, texts):
    websocket = await websockets.connect(url)
    async def one(text):
        await websocket.send(text)
        return await websocket.recv()
    return [await one(text) for text in texts]
