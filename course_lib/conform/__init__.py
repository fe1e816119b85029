"""The report card: an implementation of the protocol held against RFC 6455, case by case.

card = await card_of_server("ws://127.0.0.1:8000/")
print(as_text(card))
"""

from course_lib.conform.card import SECTIONS, Card, Result, standing
from course_lib.conform.report import as_html, as_text, page, show
from course_lib.conform.run import card_of_client, card_of_server
