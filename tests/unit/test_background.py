"""A service of a lesson, after its end."""

import asyncio

import pytest
from websockets.asyncio.server import serve

from course_lib.errors import CourseError
from course_lib.notebook import background


async def greet(websocket):
    await websocket.send("hello")


@pytest.mark.parametrize(
    "use", [lambda it: it.port, lambda it: it.url, lambda it: it.run(asyncio.sleep(0))]
)
def test_a_service_that_is_closed_says_so(use):
    service = background("desk", lambda: serve(greet, "127.0.0.1", 0))
    use(service)
    service.close()
    with pytest.raises(CourseError, match="'desk' is closed: run the cell again that starts it"):
        use(service)


def test_a_server_that_has_closed_itself_has_no_port():
    service = background("inn", lambda: serve(greet, "127.0.0.1", 0))
    service.run(stop(service.it))
    with pytest.raises(CourseError, match="'inn' is closed"):
        _ = service.url
    service.close()


async def stop(server):
    server.close()
    await server.wait_closed()
