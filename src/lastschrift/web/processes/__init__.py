"""Several processes behind one address, or one: whoever asks need not know which.

`listen` takes the socket before anything else is done; `workers` begins, watches and replaces the
processes; `siblings` adds up what each of them has counted (`counts`), so that its figures are all
of theirs.
"""
