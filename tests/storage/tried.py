"""Batches of registrations that are tried one after the other, of which some can't be done."""

from hypothesis import strategies as st

Tried = tuple[int, int, int | None]
"""An account: its number, which of five debtors it is for, and which of three ids it takes.

Without an id it gets one of its own.
"""

BATCHES: st.SearchStrategy[list[list[Tried]]] = st.lists(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 4), st.none() | st.integers(0, 2)),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)
