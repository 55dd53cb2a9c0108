"""Choices inside the hot path, measured against what else was weighed.

    python -m bench.choices [--write]

prints a table, and writes it to docs/decisions/figures.md. Each pair is timed in turns, A B A B,
and the median of the ratios is told, so that a noisy machine does not decide.
"""
