# make reproduce   run every notebook; results in output/     (PROFILE=smoke|quick|cpu|paper, OUT=folder)
# make test        lint, types, all tests, all notebooks
# make gpu-test    what only a CUDA device can show; needs torch, numpy, filelock and pytest alone (PYTHON=…)
# make setup       only set up .venv, which the two do first   (PYTHON=python3.12, say)
# make lint        only lint and types, which the tests include
# make clean       remove caches and output/; data, runs and .venv stay

PYTHON ?= python3
PROFILE ?= quick
OUT ?= output
# test processes: some tests wait, so one more than two cores
JOBS ?= 3
PY := .venv/bin/python
READY := .venv/.installed
# Of its 14,000 modules a tenth is ever imported: those are compiled then, the others not
PIP = $(PY) -m pip install --disable-pip-version-check --no-compile

# The environment's own packages and kernel, whatever the user has elsewhere
unexport PYTHONPATH PYTHONHOME JUPYTER_PATH JUPYTER_CONFIG_DIR PYTHONDONTWRITEBYTECODE
export PYTHONNOUSERSITE := 1
export JUPYTER_PREFER_ENV_PATH := 1

.PHONY: reproduce test gpu-test setup lint clean

reproduce: setup
	$(PY) -m repro reproduce --profile $(PROFILE) --out $(OUT)

test: setup
	$(PY) -m pytest -n $(JOBS) --dist loadfile --nbval tests notebooks

gpu-test:
	env -u PYTHONNOUSERSITE PYTHONPATH=. $(PYTHON) -m pytest -p no:cacheprovider -q -m gpu tests/gpu

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

setup: $(READY)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "needs Python 3.11 or newer as $(PYTHON); another one: make setup PYTHON=python3.12"; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv .venv
	-$(PIP) "pip>=25"  # older ones take twice as long to choose; where there is none, they do
	$(PIP) -e ".[dev]"
	$(PIP) --no-deps cffconvert==2.0.0  # its CFF schema; its pins clash
	touch $(READY)

clean:
	rm -rf output build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find repro metadata tests -name __pycache__ -prune -exec rm -rf {} +
