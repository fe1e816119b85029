"""Measurements: what things cost, side by side, in one run."""
