"""Benchmarks: each prints its figure beside a baseline measured in the same run, for machines are noisy.

python -m loadtests.bench           all of them
python -m loadtests.bench write     contributions over HTTP against an empty POST
python -m loadtests.bench ledger    the ledger's fold against a bare INSERT of the same rows
"""
