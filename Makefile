# Everything runs in .venv, installed from the locks in requirements/ on first use.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
SEED ?= 1
SEEDS ?= 100
CASES ?= 1000

.PHONY: help run console test collect test-board lint flash bench soak lock clean
.DELETE_ON_ERROR:

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 8

run: $(VENV)/run.installed ## fly a simulated descent, decode what came down, write the report
	@$(BIN)/edlcam fly --seed $(SEED) --out $(OUT)
	@$(BIN)/edlcam decode $(OUT)/downlink.bin --out $(OUT)/decoded
	@$(BIN)/edlcam report $(OUT)

# Open MCT, which edlcam console serves to a browser, comes from npm; where there is none, the tests
# that need it are skipped.
CONSOLE := gse/console
NPM := $(shell command -v npm 2>/dev/null)

console: $(VENV)/run.installed ## install what edlcam console serves to a browser (needs node and npm)
	@test -n "$(NPM)" || { echo "the console needs npm, which comes with node 18 to 22:" \
		"on Debian, apt install nodejs npm" >&2; exit 2; }
	@$(MAKE) --no-print-directory $(CONSOLE)/node_modules/.installed
	@echo "edlcam console SOURCE shows it"

$(CONSOLE)/node_modules/.installed: $(CONSOLE)/package-lock.json $(CONSOLE)/package.json
	@echo "installing $< into $(CONSOLE)/node_modules"
	@cd $(CONSOLE) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Types are checked on one core while the other collects the tests, which compiles kernels and what
# else each worker would compile for itself. Four workers, as some of their tests wait.
test: $(VENV)/test.installed $(VENV)/stubs.installed $(if $(NPM),$(CONSOLE)/node_modules/.installed) ## lint, types and all tests
	@$(MAKE) --no-print-directory -j 2 lint collect
	@$(BIN)/python -m pytest -q -n 4 --dist loadscope --no-loadscope-reorder

collect: $(VENV)/test.installed
	@said=$$(PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q --collect-only) || \
		{ echo "$$said"; exit 1; }

test-board: $(VENV)/test.installed ## fly on the emulated chip, with the firmware that EDLCAM_RP2040_FIRMWARE names
	@$(BIN)/python -m pytest -q -m board tests/board

lint: $(VENV)/test.installed $(VENV)/stubs.installed ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy --config-file boards/mypy.ini

PORT ?=
BOARD ?= pico
MISSION ?= droptest

flash: $(VENV)/run.installed ## put the flight software on the board that is plugged in
	@$(BIN)/edlcam flash --board $(BOARD) --mission $(MISSION) $(if $(PORT),--port $(PORT))

bench: $(VENV)/bench.installed $(VENV)/ait/.installed ## print the speed of flight core and decoder, in one run
	@$(BIN)/python -m bench

soak: $(VENV)/test.installed ## the long campaigns; prints their figures
	@$(BIN)/python -m bench.soak --seeds $(SEEDS)
	@$(BIN)/edlcam campaign --cases $(CASES) --faults single --out build/soak
	@$(BIN)/python -m pytest -q -rP -n 2 --dist worksteal -m soak

# Stubs of MicroPython stand by themselves: beside the others they would hide the standard library.
$(VENV)/stubs.installed: requirements/stubs.lock | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--upgrade --target $(VENV)/stubs -r $<
	@touch $@

$(VENV)/ait/.installed: requirements/ait.lock | $(VENV)/bin/python
	@$(PYTHON) -m venv $(VENV)/ait
	@$(VENV)/ait/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# A lock is whole: each holds what the one before it holds, so each is installed by itself.
$(VENV)/%.installed: requirements/%.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing requirements/$*.lock into $(VENV)"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes \
		-r requirements/$*.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "edlcam needs Python 3.11 or later; name one with make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python3 -m venv failed: on Debian, apt install python3-venv" >&2; exit 2; }

lock: $(VENV)/bin/python ## resolve pyproject.toml anew into requirements/*.lock
	@$(BIN)/python -m pip install --quiet pip-tools
	@set -e; for name in run test bench; do \
		case $$name in run) extra="";; test) extra="--extra test";; \
			bench) extra="--extra test --extra bench";; esac; \
		$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --all-build-deps --strip-extras \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
			$$extra --output-file requirements/$$name.lock pyproject.toml; done
	@$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header --no-annotate \
		--output-file requirements/ait.lock requirements/ait.in

clean: ## remove everything that make made
	rm -rf $(VENV) $(CONSOLE)/node_modules out build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
