"""What a delivered event costs, of ours and of others, in one run: `python -m loadtests.bench fanout`.

docs/performance.md says what is measured and how.
"""
