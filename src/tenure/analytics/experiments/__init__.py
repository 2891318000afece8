"""Experiments: assignment, size before the start, and what may be said after it."""
