# make run   set everything up, load the starter set, open the dashboard
# make test  the whole test suite
# make setup only install;  make lint  the style and type checks;  make lock  write the lock files anew

PYTHON ?= python3
PORT ?= 8501
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test setup lint lock browser dictionary screenshots messages test-duckdb2

run: .venv/run.done
	@$(BIN)/commons starter
	@$(BIN)/commons serve --port $(PORT)

setup: .venv/run.done

test: .venv/dev.done browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar warehouse dashboard
	$(BIN)/python -m pytest tests/test_layers.py

.venv/bin/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || (echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1)
	@echo "Setting up (once, a few minutes) ..."
	@$(PYTHON) -m venv .venv

.venv/run.done: locks/run.txt pyproject.toml | .venv/bin/python
	@$(PIP) --require-hashes -r locks/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.done: locks/dev.txt pyproject.toml | .venv/bin/python
	@$(PIP) --require-hashes -r locks/dev.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ .venv/run.done

# The browser tests want Debian's Chromium and nginx; where these cannot be installed they are skipped with that reason.
WANTED = $(if $(shell command -v chromium),,chromium) $(if $(shell PATH=$$PATH:/usr/sbin command -v nginx),,nginx-light)
browser:
	@test -z "$(strip $(WANTED))" || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(WANTED) >/dev/null; } \
	  || echo "Not here and not to be installed: $(WANTED). The tests that want it will be skipped."

dictionary: .venv/dev.done
	$(BIN)/python -m warehouse.dictionary > docs/data-dictionary.md

screenshots: .venv/dev.done browser
	$(BIN)/python docs/screenshots.py

messages: .venv/dev.done
	$(BIN)/python -m dashboard.messages

# Tests on the other DuckDB major version, in an environment of its own.
test-duckdb2:
	@test -x .venv-duckdb2/bin/python || $(PYTHON) -m venv .venv-duckdb2
	@.venv-duckdb2/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r locks/dev-duckdb2.txt
	@.venv-duckdb2/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .
	.venv-duckdb2/bin/python -m pytest -n 2 --dist loadfile -m "not browser"

# Lock files: every package with its hashes, for every platform, and no index address. Needs uv.
LOCK = uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11
lock:
	printf 'duckdb<2\n' > .duckdb1
	printf 'duckdb>=2\n' > .duckdb2
	$(LOCK) pyproject.toml --group build -c .duckdb1 -o locks/run.txt
	$(LOCK) pyproject.toml --group build --group dev -c locks/run.txt -o locks/dev.txt
	$(LOCK) pyproject.toml --group build --group dev -c .duckdb2 -o locks/dev-duckdb2.txt
	rm -f .duckdb1 .duckdb2
