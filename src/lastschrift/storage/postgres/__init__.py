"""PostgreSQL: any number of server processes on any number of machines, one truth.

`connecting` finds the primary and keeps connections to it; `failures` says what an error means;
`perseverance` does a thing again where that is right; `lane` gathers what is registered into
batches; `store` is what operations see.
"""
