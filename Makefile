# Everything runs from .venv, which is built from whatever `python3` >= 3.11 there is.
#
#   make run       the whole of Raidline on http://127.0.0.1:8000 (PORT= for another port)
#   make test      the test suite in three processes, each against its own PostgreSQL and Redis
#                  (ARGS="-n 0 tests/test_x.py" for one file in this process)
#   make check     format, lint, types, layers
#   make bench     the benchmarks; bench-write only that of contributions, bench-ledger those of the ledger
#                  (ARGS=--profile shows where the time goes), bench-fanout that of deliveries (docs/performance.md)
#   make browser   what the tests of the page need besides: Chromium and two npm packages; without, they skip
#   make redis     what the tests on a Redis Cluster need besides: a redis-server of 7 or newer; without, they skip
#   make format    put the code into shape
#   make install   only build .venv

PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: install run test check bench bench-fanout bench-ledger bench-write browser redis format clean

run: install
	@PORT=$(PORT) $(BIN)/raidline up

test: install
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m loadtests.bench $(ARGS)

bench-fanout: install
	$(BIN)/python -m loadtests.bench fanout $(ARGS)

bench-write: install
	$(BIN)/python -m loadtests.bench write $(ARGS)

bench-ledger: install
	$(BIN)/python -m loadtests.bench ledger $(ARGS)

browser:
	@sh .ci/browser

redis: install
	@sh .ci/redis

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(STAMP)

$(STAMP): pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,load]'
	@touch $(STAMP)

clean:
	rm -rf .venv tests/browser/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
