# install: locked dependencies in .venv; demo: a running desk; test: everything; the rest: see "make help".
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# pip's index, if one is configured, is uv's too.
INDEX = $$($(BIN)/pip config get global.index-url 2>/dev/null || echo "$$PIP_INDEX_URL")

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench screenshots messages lock

help: ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED) ## virtual environment in .venv with the locked dependencies

$(INSTALLED): requirements/installer.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("memadmin needs Python 3.11 or newer; name one with PYTHON=...") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.txt
	index="$(INDEX)"; $${index:+env UV_DEFAULT_INDEX="$$index"} $(BIN)/uv pip install --quiet \
		--python $(BIN)/python --require-hashes -r requirements/dev.txt \
		|| $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: install ## a running desk with sample tenants on http://127.0.0.1:8000
	@exec $(BIN)/python manage.py demo

test: install lint ## lint, types, import contracts, migrations, then every test
	$(BIN)/python -m pytest -n auto -q

lint: install ## all checks that run nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: install ## measure beside mem0's own and bare SQL, in one run
	$(BIN)/python -m tests.benchmarks

screenshots: install ## the README's pictures, anew
	$(BIN)/python -m tests.browser.screenshots

messages: install ## the catalogues of the person's pages, from the code (needs gettext); translate what is empty, run it again
	$(BIN)/python manage.py makemessages --all --no-location --no-obsolete --no-wrap --ignore=.venv --ignore=var --ignore=tests
	$(BIN)/python manage.py compilemessages --ignore=.venv

lock: install ## renew the locked requirements from pyproject.toml
	for group in "dev --extra embedded --group dev" "embedded --extra embedded -c requirements/dev.txt" "production -c requirements/dev.txt"; do \
		set -- $$group; out=$$1; shift; \
		$(BIN)/uv pip compile pyproject.toml "$$@" --quiet --universal --python-version 3.11 --generate-hashes \
			--no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade -o requirements/$$out.txt || exit 1; \
	done
	grep -A99 '^uv==' requirements/dev.txt | sed '2,$${/^[^ ]/,$$d}' > requirements/installer.txt
