# Everything there is to do with Locksite. `make` alone lists it.
# Needs make and Python 3.11 or newer; whatever else is needed is put into .venv and var.

PY := .venv/bin/python
JOBS ?= 2
SEEDS ?= 10000
REQUESTS ?= 100000
KILL_TESTS := tests/accesscodes/test_kills.py tests/accesscodes/test_restarts.py
POSTGRES ?= $(or $(LOCKSITE_TEST_POSTGRES_URL),postgres://root@127.0.0.1:5432/locksite_test)

.PHONY: help demo run test check fmt bench screenshots bench-faults bench-fuzz bench-kills bench-clouds audit requirements
.DELETE_ON_ERROR:

help:
	@echo 'make demo          build the demo hotel once and start it; PORT=8001, FRESH=1 to start over'
	@echo 'make run           start web and engine with the settings of var/locksite.env'
	@echo 'make test          install what the tests need and run all of them'
	@echo 'make check         format, lint, types, migrations, deployment check'
	@echo 'make fmt           put the code into its format'
	@echo 'make bench         measure'
	@echo 'make screenshots   take the pictures of docs/screens.md anew, with Chromium'
	@echo 'make bench-faults  live through SEEDS=10000 schedules of trouble, and break the engine on purpose'
	@echo 'make bench-fuzz    send REQUESTS=100000 malformed requests; hold the API to its description'
	@echo 'make bench-kills   kill, stop and cut off real processes for about an hour, on both databases'
	@echo 'make bench-clouds  two installations, 200 locks and a bad line between them; ten minutes of silence'
	@echo 'make audit         look for known weaknesses in dependencies'
	@echo 'make requirements  compile requirements/*.in anew'

demo: .venv/.run
	@exec $(PY) -m locksite.launch demo

run: .venv/.run .venv/.postgres
	@exec $(PY) -m locksite.launch run

# Once on SQLite, then what touches the database again on PostgreSQL: SQLite hides races.
test: .venv/.test
	@.ci/chromium
	@$(PY) -m tests.node_modules >/dev/null || echo 'Tests that need Node are left out.'
	$(PY) -m pytest -n $(JOBS) --dist worksteal
	@if $(PY) -m tests.postgres_answers '$(POSTGRES)'; then \
	    echo 'Again on PostgreSQL: $(POSTGRES)'; \
	    LOCKSITE_TEST_DATABASE_URL='$(POSTGRES)' $(PY) -m pytest -n $(JOBS) --dist worksteal -m touches_database; \
	else \
	    echo 'PostgreSQL does not answer at $(POSTGRES): that half was left out.'; \
	    [ "$$LOCKSITE_REQUIRE_SERVICES" != 1 ]; \
	fi

check: .venv/.develop
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy .
	DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py makemigrations --check --dry-run
	@rm -rf var/check && $(PY) -m locksite.first_keys var/check/locksite.env
	LOCKSITE_DATA_DIR=var/check $(PY) manage.py check --deploy --fail-level WARNING

fmt: .venv/.develop
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv/.test
	@for file in benchmarks/[a-z]*.py; do \
	    name=benchmarks.$$(basename "$$file" .py); echo "$$name"; $(PY) -m "$$name" || exit 1; \
	done

screenshots: .venv/.test
	@.ci/chromium
	@$(PY) -m tests.browser.screens

bench-faults: .venv/.test
	@$(PY) -m tests.simulation --seeds $(SEEDS) --jobs $(JOBS) --broken

bench-fuzz: .venv/.test
	@$(PY) -m tests.fuzz --requests $(REQUESTS)
	LOCKSITE_TEST_LONG=1 $(PY) -m pytest -n 0 tests/fuzz/test_schemathesis.py

# The long form of what `make test` does for a minute; PostgreSQL also from a server of its own.
bench-kills: .venv/.test
	LOCKSITE_TEST_LONG=1 $(PY) -m pytest -n 0 $(KILL_TESTS)
	@if $(PY) -m tests.postgres_answers '$(POSTGRES)'; then \
	    echo 'Again on PostgreSQL: $(POSTGRES)'; \
	    LOCKSITE_TEST_LONG=1 LOCKSITE_TEST_DATABASE_URL='$(POSTGRES)' $(PY) -m pytest -n 0 $(KILL_TESTS); \
	else \
	    echo 'PostgreSQL does not answer at $(POSTGRES): that half was left out.'; \
	    [ "$$LOCKSITE_REQUIRE_SERVICES" != 1 ]; \
	fi

bench-clouds: .venv/.test
	LOCKSITE_TEST_LONG=1 $(PY) -m pytest -n 0 -v -s tests/clouds

audit: .venv/.develop
	$(PY) -m pip_audit --require-hashes --disable-pip -r requirements/run.txt -r requirements/postgres.txt

requirements: .venv/.develop
	@.ci/requirements

.venv/.run .venv/.postgres .venv/.test .venv/.develop: .venv/.%: requirements/%.txt .ci/venv
	@echo 'Installing requirements/$*.txt …'
	@.ci/venv requirements/$*.txt
	@touch $@
