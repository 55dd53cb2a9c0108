"""What can be done: one file per verb; the list of files is the list of features.

A verb that changes something is a coroutine over a `Transaction` (`operations.ports`); on every
engine it is the same text. No asyncio here: on SQLite nothing in a transaction ever waits.
"""
