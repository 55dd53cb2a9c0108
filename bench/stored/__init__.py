"""The registration with millions of accounts stored already, beside an empty database.

python -m bench.stored --accounts 1000000
"""
