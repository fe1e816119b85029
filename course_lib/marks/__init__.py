"""Submissions, graded one by one into marks and feedback."""
