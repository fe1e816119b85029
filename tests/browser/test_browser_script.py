"""JavaScript that a cell's output runs in the page."""

import pytest

from course_lib.notebook.browser import browser_script

pytestmark = pytest.mark.browser


def logged(page, rich, count):
    page.set_content(f"<!doctype html>{rich._repr_html_()}")
    box = page.get_by_role("log")
    page.wait_for_function(
        "([box, count]) => box.textContent.split('\\n').length > count",
        arg=[box.element_handle(), count],
    )
    return box.text_content().splitlines()


def test_it_gets_its_names_and_shows_what_it_logs(page):
    rich = browser_script(
        "log('got', text, list.length); log(await Promise.resolve({a: 1}))",
        text="</script><b>&amp;",
        list=[1, 2],
    )
    assert logged(page, rich, 2) == ["got </script><b>&amp; 2", '{"a":1}']
    assert "</script><b>" in repr(rich)


@pytest.mark.parametrize("source", ["null.x", "await Promise.reject(new TypeError('no'))"])
def test_an_exception_is_shown(page, source):
    [line] = logged(page, browser_script(source), 1)
    assert line.startswith("TypeError: ")


def test_a_syntax_error_is_shown(page):
    [line] = logged(page, browser_script("const = 1"), 1)
    assert line.startswith("SyntaxError: ")
