"""Notebooks of questions: what is in them, how they are made, and how far a learner is."""
