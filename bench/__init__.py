"""The benchmarks: what a registration costs here, beside a conventional server and a bare one.

`python -m bench` starts each server as a process of its own, drives the registration of bank
accounts by `wrk`, and prints medians and ratios. `docs/benchmarks.md` is written by it.

    python -m bench --quick --wire secuconnect
"""
