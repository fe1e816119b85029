"""`%%answer` and `%hint` in a real kernel."""

import os
import signal

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

WAIT = 60
"""Seconds until a kernel that says nothing is given up."""


class Kernel:
    """A kernel in its own process, with the extension loaded."""

    def __init__(self, folder):
        environment = os.environ | {"COURSE_STATE": str(folder), "IPYTHONDIR": f"{folder}/ipython"}
        self.manager, self.client = start_new_kernel(
            env=environment, extra_arguments=["--log-level=ERROR"], startup_timeout=WAIT
        )
        assert self.run("%load_ext course_lib.notebook") == ""

    def run(self, source, when_busy=None):
        """What a cell displays or raises, as text."""
        texts = []

        def hook(message):
            content = message["content"]
            match message["msg_type"]:
                case "display_data" | "execute_result":
                    assert "text/html" in content["data"] or message["msg_type"] == "execute_result"
                    texts.append(content["data"]["text/plain"])
                case "stream":
                    texts.append(content["text"])
                case "error":
                    texts.append(f"{content['ename']}: {content['evalue']}")
                case "execute_input" if when_busy:
                    when_busy()

        self.client.execute_interactive(source, output_hook=hook, timeout=WAIT)
        return "\n".join(texts)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    yield kernel
    kernel.close()


def descendants(kernel):
    return psutil.Process(int(kernel.run("import os; os.getpid()"))).children(recursive=True)


def benches(kernel):
    found = []
    for process in descendants(kernel):
        try:
            if "course_lib.judge.bench" in process.cmdline():
                found.append(process)
        except psutil.NoSuchProcess:
            pass
    return found


WRONG = "%%answer accept_key\ndef accept_key(key):\n    return key"
RIGHT = """%%answer accept_key
import base64, hashlib
def accept_key(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()
"""


def test_wrong_then_right(kernel):
    text = kernel.run(WRONG)
    assert "✗ accept_key: not yet, 0 of 2 tests passed, 0 of 2 points" in text
    assert "Stuck? %hint accept_key" in text
    assert "✓ accept_key: passed, 2 of 2 points" in kernel.run(RIGHT)
    assert kernel.run("accept_key('dGhlIHNhbXBsZSBub25jZQ==')") == (
        "'s3pPLMBiTxaQ9kYGzzhZRbK+xOo='"
    )
    assert benches(kernel) == []


def test_a_right_answer_shows_the_same_every_time(kernel):
    assert kernel.run(RIGHT) == kernel.run(RIGHT)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import os\nos._exit(1)", "your code ended its own process in the cell `accept_key`"),
        ("exit()", "The cell runs"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("def accept_key(key:", "raised SyntaxError"),
        ("def accept_key(key): return helper(key)", "`helper` is not defined in the answer cells"),
    ],
)
def test_an_answer_leaves_the_kernel_alive(kernel, body, says):
    kernel.run("here = 1\ndef helper(key): return key")
    assert says in kernel.run(f"%%answer accept_key\n{body}")
    assert kernel.run("here") == "1"


def test_an_async_answer(kernel):
    source = RIGHT.replace("def accept_key", "async def accept_key")
    assert "passed, 2 of 2 points" in kernel.run(source)
    assert kernel.run("await accept_key('dGhlIHNhbXBsZSBub25jZQ==')").startswith("'s3pP")


def test_an_unanswered_question_runs_without_a_verdict(kernel):
    untouched = "def respond(request: dict) -> bytes:\n"
    untouched += '    """The response to an opening handshake, ready to be sent."""\n'
    text = kernel.run(f"%%answer respond\n{untouched}    ...  # your answer here")
    assert text.startswith("○ respond: not answered yet, 4 points to earn")


def test_unknown_questions_are_one_sentence(kernel):
    assert kernel.run("%%answer acept_key\n1") == (
        "⚠ There is no question 'acept_key'; did you mean 'accept_key'?"
    )
    assert kernel.run("%%answer\n1").startswith("⚠ Name the question")
    assert kernel.run("%hint nothing_like_it").startswith("⚠ There is no question")


def test_hints_come_one_at_a_time(kernel):
    for number in (1, 2, 3):
        assert kernel.run("%hint respond").startswith(f"Hint {number} of 3: ")


@pytest.mark.skipif(os.name != "posix", reason="signals the kernel as Jupyter does on POSIX")
def test_interrupt_while_judging(kernel):
    kernel.run(RIGHT)  # so that the judge is there
    started = f"{kernel.run('import tempfile; tempfile.mkdtemp()')[1:-1]}/started"
    os.mkfifo(started)
    pid = int(kernel.run("import os; os.getpid()"))

    def interrupt():
        with open(started) as pipe:  # opens when the answer runs, and no sooner
            pipe.read()
        os.kill(pid, signal.SIGINT)

    body = f"%%answer accept_key\nopen({started!r}, 'w').close()\nwhile True: pass"
    assert kernel.run(body, interrupt) == "– accept_key: stopped before there was a verdict."
    assert kernel.run("1 + 1") == "2"
    _, alive = psutil.wait_procs(benches(kernel), timeout=10)
    assert alive == []
    assert "passed" in kernel.run(RIGHT)


def test_no_process_outlives_the_kernel(tmp_path):
    kernel = Kernel(tmp_path)
    try:
        kernel.run(RIGHT)
        children = descendants(kernel)
        assert children
    finally:
        kernel.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
