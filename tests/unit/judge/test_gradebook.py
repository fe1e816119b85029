"""The gradebook's file: an old one is brought up to date, and its parts belong together."""

import contextlib
import json
import sqlite3

import pytest

from course_lib.exercises.verdict import Verdict
from course_lib.marks import gradebook
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.rows import Entry, Judged


def test_a_gradebook_of_an_earlier_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / gradebook.FILE
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(f"BEGIN; {gradebook.MIGRATIONS[0]} PRAGMA user_version = 1; COMMIT;")
        columns = '"check", file, digest, student, exercise, sender, arrival, created, late, note'
        old.execute(
            f"INSERT INTO submission ({columns}, page, chosen, answers)"
            " VALUES ('', 'a.json', '', 'ada', '02_handshake', '', '', '', 0, '', 'p.html', 1, '{}')"
        )
        verdict = json.dumps(Verdict("accept_key", 2, "passed").to_dict())
        old.execute(
            "INSERT INTO verdict VALUES"
            " (1, 0, 'accept_key', 2, 2, 'passed', 7, 0.1, '0.1', 't', 'then', ?)",
            [verdict],
        )
        old.execute(
            "INSERT INTO manual VALUES ('ada', '02_handshake', 'accept_key', 1, 'why', 'then'),"
            " ('Ada', '02_handshake', 'accept_key', 1, 'why', 'then')"  # who was the same to us
        )
        old.execute(
            "INSERT INTO settings VALUES ('deadline', '2026-05-28T20:26:40Z'), ('per_day', '12.5')"
        )
        old.commit()
    for _ in range(2):  # the second time there is nothing to do
        with Gradebook.open(tmp_path) as book:
            (entry,), (row,) = book.entries(), book.rows(chosen=True)
            assert (entry.file, entry.judged[0].seed) == ("a.json", 7)
            assert (row.points, row.manual, row.comment, row.mark) == (2, 1, "why", 1)
            deadlines = json.loads(book.setting("policies", ""))
            assert deadlines == {"*": ["2026-05-28T20:26:40Z", 12.5]}  # it was for every exercise
    with contextlib.closing(sqlite3.connect(path)) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (len(gradebook.MIGRATIONS),)
        assert "page" not in [each[1] for each in now.execute("PRAGMA table_info(submission)")]


def test_a_verdict_belongs_to_a_submission(tmp_path):
    verdict = Judged(Verdict("accept_key", 2, "passed"), 7, 0.1, "1", "t")
    with Gradebook.open(tmp_path, new=True) as book:
        book.add(Entry("a.json", student="ada", exercise="02_handshake", judged=(verdict,)))
        with pytest.raises(sqlite3.IntegrityError):
            book._judged(99, (verdict,))
        book.add(Entry("a.json", student="ada"))  # the new one has none: the old ones have gone
        assert book.rows() == []
