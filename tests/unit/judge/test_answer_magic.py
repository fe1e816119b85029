"""`%%answer` and `%hint` in a real kernel."""

import contextlib
import os
import signal
import time

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

from course_lib.desk import lab

WAIT = 60
"""Seconds until a kernel that says nothing is given up."""


class Kernel:
    """A kernel in its own process, with the extension loaded."""

    def __init__(self, folder, **more):
        environment = os.environ | {"COURSE_STATE": str(folder), "IPYTHONDIR": f"{folder}/ipython"}
        environment |= more
        self.manager, self.client = start_new_kernel(
            env=environment, extra_arguments=["--log-level=ERROR"], startup_timeout=WAIT
        )
        self.shown = []

    def run(self, source, when_busy=None):
        """What a cell shows or raises in the end, as text; `shown` has all the HTML in order."""
        texts, places, self.shown = [], {}, []

        def hook(message):
            content = message["content"]
            match message["msg_type"]:
                case "display_data":
                    places[content.get("transient", {}).get("display_id")] = len(texts)
                    texts.append(content["data"]["text/plain"])
                    self.shown.append(content["data"]["text/html"])
                case "update_display_data":
                    place = places[content["transient"]["display_id"]]
                    texts[place] = content["data"]["text/plain"]
                    self.shown.append(content["data"]["text/html"])
                case "execute_result":
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
    assert kernel.run("%load_ext course_lib.notebook") == ""
    yield kernel
    kernel.close()


def descendants(kernel):
    return psutil.Process(int(kernel.run("import os; os.getpid()"))).children(recursive=True)


def computes(process):
    with contextlib.suppress(psutil.Error):
        return process.cpu_times().user > 1.5  # more than any import takes


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


def test_hints_that_were_opened_stay_open(kernel):
    kernel.run("%hint accept_key")
    kernel.run("%hint accept_key")
    kernel.run(WRONG)
    assert kernel.shown[-1].count("<details open>") == 2


def test_while_it_is_judged_it_says_so_and_the_last_verdict_stays(kernel):
    kernel.run(WRONG)
    kernel.run(RIGHT)
    during, after = kernel.shown
    assert "is being judged" in during
    assert "not yet" in during
    assert "is being judged" not in after
    assert "passed, 2 of 2" in after


def test_a_stored_notebook_has_one_display(tmp_path):
    kernel = Kernel(tmp_path, COURSE_SEED="1")
    try:
        kernel.run("%load_ext course_lib.notebook")
        assert "passed" in kernel.run(RIGHT)
        assert len(kernel.shown) == 1
    finally:
        kernel.close()


def test_a_million_lines_do_not_reach_the_page(kernel):
    text = kernel.run(RIGHT + "for n in range(1_000_000): print(n)")
    assert "✓ accept_key: passed" in text
    assert "\n0\n1\n2\n" in text
    assert text.endswith("… and 6,878,890 characters more, which are left out here.")
    assert len(text) < 11_000
    assert kernel.run("for n in range(20_000): print('x')").count("x") == 20_000


def test_lines_count_as_on_the_page(kernel):
    kernel.run(RIGHT + "def broken():\n    return 1 / 0")
    source = "import traceback\ntry:\n    broken()\nexcept ZeroDivisionError as error:\n"
    assert kernel.run(
        source + "    print(traceback.extract_tb(error.__traceback__)[-1].lineno)"
    ) == ("7\n")


def test_a_message_that_can_not_be_sent_is_shown_all_the_same(kernel):
    text = kernel.run("%%answer accept_key\ndef accept_key(key): raise ValueError('\\udc80')")
    assert r"raised ValueError: \udc80" in text


def test_the_last_question_ends_with_the_sum(kernel):
    kernel.run(RIGHT)
    text = kernel.run("%%answer first_reply_ms\nfirst_reply_ms = 320")
    assert text.endswith("Exercise 02: 3 of 15 points; next: parse_request.")


def test_points(kernel):
    kernel.run(RIGHT)
    assert kernel.run("%points 2").startswith("Exercise 02: ")


def test_a_kernel_of_the_lab_finds_the_magics_itself(tmp_path):
    lab.settle(tmp_path)
    kernel = Kernel(tmp_path)
    try:
        assert kernel.run("import sys; 'course_lib.notebook' in sys.modules") == "False"
        assert "✓ accept_key: passed" in kernel.run(RIGHT)
        assert kernel.run("%hint respond").startswith("Hint 1 of 3")
    finally:
        kernel.close()


@pytest.mark.skipif(os.name != "posix", reason="signals the kernel as Jupyter does on POSIX")
def test_interrupt_while_judging(kernel):
    kernel.run(RIGHT)  # so that the judge is there
    pid, ended = int(kernel.run("import os; os.getpid()")), []

    def interrupt():
        while not any(map(computes, below := psutil.Process(pid).children(recursive=True))):
            time.sleep(0.02)
        ended.extend(below)
        os.kill(pid, signal.SIGINT)

    body = "%%answer accept_key\nwhile True: pass"
    assert kernel.run(body, interrupt) == "– accept_key: stopped before there was a verdict."
    assert kernel.run("1 + 1") == "2"
    _, alive = psutil.wait_procs(ended, timeout=60)
    assert alive == []
    assert "passed" in kernel.run(RIGHT)


def test_no_process_outlives_the_kernel(tmp_path):
    kernel = Kernel(tmp_path)
    try:
        kernel.run("%load_ext course_lib.notebook")
        kernel.run(RIGHT)
        children = descendants(kernel)
        assert children
    finally:
        kernel.close()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
