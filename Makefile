# make demo    a shop, an attacker and the incident that follows, in about a minute
# make test    every test; make test-oldest: those of guard with the oldest framework
# make test-newer   every test with each newer Python that this machine has (PYTHONS="..." names them)
# make provider     an identity provider for the tests, by npm
# make check   format, lint, types, import contracts, and our own `nomoat check .`
# make setup   the development environment at .venv/

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PYTHONDONTWRITEBYTECODE = 1

#: Newer Pythons on the path, or where pyenv keeps them; what does not start (a shim without a version) is left out.
PYTHONS ?= $(shell for python in python3.12 python3.13 python3.14 $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python; do \
	$$python -c pass >/dev/null 2>&1 && echo $$python; done)

.PHONY: demo test test-oldest test-newer provider check setup format clean

demo: $(VENV)/.demo
	$(BIN)/nomoat demo $(DEMO)

setup: $(VENV)/.dev

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(TESTS)

# guard reads what a framework keeps to itself: the oldest version that it is for, beside the newest of `make test`.
test-oldest: $(VENV)/.oldest
	PYTHONPATH=$(CURDIR)/$(VENV)/oldest $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/guard \
		-W ignore::DeprecationWarning -W ignore::PendingDeprecationWarning

# Each has an environment of its own inside of this one.
test-newer: $(VENV)/.dev
	@test -n "$(PYTHONS)" || echo "no Python newer than 3.11 was found"
	@for python in $(PYTHONS); do \
		version=$$($$python -c 'import platform; print(platform.python_version())'); \
		echo "Python $$version"; \
		$(MAKE) --no-print-directory test PYTHON=$$python VENV=$(VENV)/$$version || exit 1; \
	done

# An identity provider in JavaScript that some tests sign in with; without it they are skipped.
provider:
	@cd tests/guard/identity/oidc_provider && npm ci --ignore-scripts --no-audit --no-fund

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy src tests
	$(BIN)/lint-imports
	$(BIN)/nomoat check .

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Each stamp is written last, so an interrupted set-up is done again.
$(VENV)/.demo: requirements/demo.txt pyproject.toml
	@echo "setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit("nomoat needs Python 3.11 or newer: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/demo.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/other.txt $(VENV)/.demo
	@echo "adding what tests and checks need (once)"
	@$(PIP) install --require-hashes -r requirements/dev.txt -r requirements/other.txt
	@touch $@

$(VENV)/.oldest: requirements/oldest.txt $(VENV)/.dev
	@rm -rf $(VENV)/oldest
	@$(PIP) install --require-hashes --no-deps --target $(VENV)/oldest -r requirements/oldest.txt
	@touch $@

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
