"""What a notebook needs and a program does not.

Importing it in a notebook brings the ``%%answer`` and ``%hint`` magics, keeps the Interrupt button
working, and remembers what a reader predicts.
"""

from IPython import get_ipython

from course_lib.notebook.answers import load_ipython_extension
from course_lib.notebook.background import background
from course_lib.notebook.browser import browser_script, browser_sockets, javascript, recording
from course_lib.notebook.display import header_fields, table
from course_lib.notebook.page import page
from course_lib.notebook.pictures import register
from course_lib.notebook.predictions import attend, surprises
from course_lib.notebook.standing import contents
from course_lib.notebook.tap import Tap
from course_lib.notebook.waiting import progress

if (_shell := get_ipython()) is not None:
    load_ipython_extension(_shell)
    register(_shell.display_formatter)
    attend(_shell)
