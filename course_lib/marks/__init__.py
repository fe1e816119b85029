"""Submissions, graded one by one into marks and feedback."""

TIMEOUT = 120.0
"""Seconds that a submission may take as a whole: many times what the slowest right one needs. Those
are not counted in which it had to wait for a processor."""
