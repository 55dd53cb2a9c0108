"""The embedded store: SQLite by apsw, one writer, group commit, ``synchronous=FULL``."""
