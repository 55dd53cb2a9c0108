"""The same job as most people would write it, made well: the yardstick of the benchmarks.

FastAPI, pydantic and the SQLAlchemy ORM on SQLite (WAL, `synchronous=FULL`), one transaction per
request. It takes in bank accounts over both wires, checks and encrypts them, refuses duplicates,
and answers after the commit. It is a yardstick, not a product: the other verbs are left out.

    python -m bench.conventional --port 8090 --data /tmp/conventional
"""
