"""What clients say to the weak chat."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from course_lib.security.validation import Plain, Strict


class Login(Strict):
    """The first message of somebody who has no cookie and no ticket."""

    type: Literal["login"]
    user: Plain = Field(min_length=1, max_length=20)
    password: str = Field(max_length=100)


class Say(Strict):
    """Say something to all."""

    type: Literal["say"]
    text: Plain = Field(min_length=1, max_length=2000)


class Find(Strict):
    """Look for a text in one's own notes; the answer has both."""

    type: Literal["find"]
    text: str = Field(max_length=100)


class Ask(Strict):
    """Ask for a ticket, for one's own notes, or that all be forgotten (ann only)."""

    type: Literal["ticket", "notes", "clear"]


LOGIN: TypeAdapter[Login] = TypeAdapter(Login)
ASKED: TypeAdapter[Say | Find | Ask] = TypeAdapter(
    Annotated[Say | Find | Ask, Field(discriminator="type")]
)
