"""The registration on PostgreSQL, beside the conventional server and pgbench on the same one.

    python -m bench.postgres --rounds 3

The PostgreSQL is a real one from the wheel that the tests use, with `fsync` and
`synchronous_commit` on; each turn has a database of its own on it.
"""
