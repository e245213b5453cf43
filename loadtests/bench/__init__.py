"""Benchmarks: each prints its figure beside a baseline measured in the same run, for machines are noisy.

python -m loadtests.bench               all of them but fanout
python -m loadtests.bench fanout        what a delivered event costs, of ours and of others; has options of its own
python -m loadtests.bench write         contributions over HTTP against an empty POST
python -m loadtests.bench cached        a ready-made page and a 304 against an empty GET in the same app
python -m loadtests.bench ledger        the three of the ledger, which are also to be had one by one:
                          ledger-path   the write path in this process against a bare INSERT of the same rows
                          ledger-sql    the ledger's transaction against the same
                          ledger-size   the transaction in a small and in a large ledger, with few and many definitions

`--profile` also prints where the time goes.
"""
