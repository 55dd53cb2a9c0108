"""Lists of a million customers: their first pages, and what is searched for in them.

python -m bench.lists --customers 100000
"""
