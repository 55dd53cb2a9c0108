"""Administering an installation, beside a running server or without one.

Whoever holds the lock on the directory writes (`lock`). A command comes to the `desk`, which hands
what is wanted to the holder over a socket (`socket`), or takes the lock and has it done itself.
What can be wanted stands in one table (`verbs`).
"""
