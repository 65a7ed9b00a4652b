# Needs make and Python 3.11 or newer; uses uv when it is on PATH, pip otherwise (`make UV= ...` forces pip).
# Every path is relative, so that a clone under a folder with spaces works.

PYTHON  ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
UV      ?= $(shell command -v uv 2>/dev/null)
WORKERS ?= 3
SPARK   ?= optional
PORT    ?= 8000

BIN    := .venv/bin
READY  := .venv/.ready
SPARKY := .venv/.ready-spark

# Hundreds of processes start in a run of the tests: none compiles again what another has compiled.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo demo-site demo-web serve test test-trials test-spark check lint format types imports web bench lock clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: $(READY) ## Import two files of accounts, decide three times, and tell how one account moves
	@$(BIN)/segue demo

demo-site: $(READY) ## Serve the demo site, the vendor's pages with Segue behind them, until Ctrl-C
	@exec $(BIN)/segue serve --demo --port $(PORT)

serve: $(READY) ## Run the service on the pack saas_pipeline until Ctrl-C (make serve PORT=8080)
	@echo "A key, from another terminal:  $(BIN)/segue keys create --kind secret"
	@exec $(BIN)/segue serve --pack saas_pipeline --port $(PORT)

# A file's tests stay on one worker, which starts what they share once.
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(READY) ## Run the tests on three workers, which wait for servers often (make test WORKERS=2)
	@$(BIN)/pytest $(SPREAD)

test-trials: $(READY) ## Run what takes minutes: servers killed, every published string, the demo and the benches whole
	@$(BIN)/pytest $(SPREAD) -m trial
	@$(BIN)/pytest -m deadline

test-spark: $(READY) ## Hold the policy language equal to Spark; needs Java 17 or newer
	@if java -version >/dev/null 2>&1; then $(MAKE) --no-print-directory $(SPARKY) && $(BIN)/pytest -m spark; \
	elif [ "$(SPARK)" = required ]; then echo "make test-spark: no Java runtime was found" >&2; exit 1; \
	else echo "Skipped the Spark tests: no Java runtime was found. Install Java 17 or newer to run them."; fi

check: lint types imports ## Check style, types and the direction of imports

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY) ## Format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

types: $(READY)
	@$(BIN)/mypy
	@$(BIN)/pyright

imports: $(READY)
	@$(BIN)/lint-imports

web: var/web/node_modules/.package-lock.json ## Build /segue.js and /widget.js from their TypeScript; needs Node 20 and npm
	@node api/web/build.mjs --tools var/web --out api/web

var/web/node_modules/.package-lock.json: api/web/package.json api/web/package-lock.json
	@mkdir -p var/web
	@cp api/web/package.json api/web/package-lock.json var/web
	@npm ci --prefix var/web --no-audit --no-fund --ignore-scripts --loglevel=error

demo-web: var/demo-site/node_modules/.package-lock.json ## Build the demo site's script from its TypeScript; needs Node 20 and npm
	@node api/demo_site/build.mjs --tools var/demo-site --out api/demo_site

var/demo-site/node_modules/.package-lock.json: api/demo_site/package.json api/demo_site/package-lock.json
	@mkdir -p var/demo-site
	@cp api/demo_site/package.json api/demo_site/package-lock.json var/demo-site
	@npm ci --prefix var/demo-site --no-audit --no-fund --ignore-scripts --loglevel=error

bench: $(READY) ## Measure Segue's speed as ratios to its peers
	@$(BIN)/python -P -m segue.evals.bench

clean: ## Remove the virtual environment, caches and build output
	rm -rf .venv build dist var segue.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: made anew when a dependency or the lock changes. The stamp is written last, so an
# installation that was cut short is taken up again.

$(READY): pyproject.toml requirements.lock
	@echo "Setting up .venv with $(if $(UV),uv,pip) ..."
	@rm -f $(READY) $(SPARKY)
ifneq ($(UV),)
	@$(BIN)/python -c '' 2>/dev/null || "$(UV)" venv --quiet --clear --python "$(or $(PYTHON),>=3.11)" .venv
	@"$(UV)" pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@"$(UV)" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "Segue needs Python 3.11 or newer on PATH (or make PYTHON=/path/to/python)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $(READY)

$(SPARKY): $(READY) requirements-spark.lock
	@echo "Installing Spark into .venv ..."
ifneq ($(UV),)
	@"$(UV)" pip install --quiet --python $(BIN)/python --no-build-isolation --require-hashes -r requirements-spark.lock
else
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-build-isolation --require-hashes -r requirements-spark.lock
endif
	@touch $(SPARKY)

# Refreshes both locks to the newest versions that pyproject.toml allows, for every Python from 3.11 up.
COMPILE = uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-header
lock: ## Refresh requirements.lock and requirements-spark.lock; needs uv
	$(COMPILE) pyproject.toml --extra demo --group dev --output-file requirements.lock
	$(PYTHON) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['spark'], sep='\n')" \
	| $(COMPILE) - --constraints requirements.lock --output-file requirements-spark.lock
