"""A steady stream of registrations: so many a second, whether the server keeps up or not.

    python -m bench.steady --seconds 10

The latency of a request counts from when it was due, so that a stall is felt by all who came
meanwhile; a load that waits for answers (wrk) hides it.
"""
