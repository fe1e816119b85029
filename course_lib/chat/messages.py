"""The messages of the chat: JSON objects that say by their `type` what they are."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

Name = Annotated[str, Field(min_length=1, max_length=20)]


class _Message(BaseModel):
    # A field that is not known is ignored: a newer program may say more.
    model_config = ConfigDict(frozen=True, extra="ignore")


class ChatMessage(_Message):
    """Somebody says something, in 1 to 500 characters."""

    type: Literal["chat"] = "chat"
    user: Name
    text: str = Field(min_length=1, max_length=500)


class Joined(_Message):
    """Somebody has come in."""

    type: Literal["joined"] = "joined"
    user: Name


class Left(_Message):
    """Somebody has gone, by a close or by a dropped connection."""

    type: Literal["left"] = "left"
    user: Name


ErrorCode = Literal["not_text", "not_json", "not_an_object", "unknown_type", "wrong_fields"]


class ErrorMessage(_Message):
    """The answer to a message that can't be used: a code for programs and a text for people."""

    type: Literal["error"] = "error"
    code: ErrorCode
    text: str


Message = Annotated[ChatMessage | Joined | Left | ErrorMessage, Field(discriminator="type")]

_adapter: TypeAdapter[Message] = TypeAdapter(Message)

_CODES: dict[str, ErrorCode] = {
    "json_invalid": "not_json",
    "dict_type": "not_an_object",
    "union_tag_not_found": "unknown_type",
    "union_tag_invalid": "unknown_type",
}


class MessageError(ValueError):
    """What came is no message of this protocol.

    Attributes:
        code: what is wrong with it, e.g. "not_json".
    """

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code

    @property
    def reply(self) -> ErrorMessage:
        """The message that tells the sender."""
        return ErrorMessage(code=self.code, text=str(self))


def parse(data: str | bytes) -> Message:
    """Read what `recv` returned.

    Raises:
        MessageError: it is binary, no JSON, no object, of an unknown type, or its fields are wrong.
    """
    if not isinstance(data, str):
        raise MessageError("not_text", "a message of the chat is text")
    try:
        return _adapter.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        code = _CODES.get(first["type"], "wrong_fields")
        raise MessageError(code, _sentence(code, first)) from None


def _sentence(code: ErrorCode, error: ErrorDetails) -> str:
    if code == "not_json":
        return "a message is JSON"
    if code == "not_an_object":
        return "a message is a JSON object"
    if code == "unknown_type":
        return "`type` is one of chat, joined, left, error"
    # The location is the type, then the field.
    field = ".".join(str(part) for part in error["loc"][1:])
    return f"`{field}`: {error['msg'][0].lower()}{error['msg'][1:]}"


def encode(message: Message) -> str:
    """The JSON text that carries a message."""
    return message.model_dump_json()
