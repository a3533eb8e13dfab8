# Two commands matter to a newcomer: `make lab` runs the product, `make test` tests it.
# Everything is installed into .venv by tools/bootstrap.py; .cache holds tools that the tests build.
PYTHON ?= python3
RUN = .venv/bin/python

.PHONY: lab test test-full kale-example lint format bench docs pictures native panel clean help

help:
	@echo "make lab        JupyterLab with rok-jupyter on an example workspace (prints its address)"
	@echo "make test       install what the tests need, and run them all"
	@echo "make test-full  the same cases at their full figures (hours)"
	@echo "make kale-example  the nine-step Kale pipeline on this machine, with a snapshot around each step (minutes)"
	@echo "make lint       ruff, mypy, import-linter; eslint and prettier for the panel"
	@echo "make panel      build the JupyterLab panel; reload the page to see it"
	@echo "make bench      compare with restic and others (BENCH_ARGS='--scale 0.12' for a short one)"
	@echo "make docs       build the documentation into site/"
	@echo "make pictures   take the README's and the pages' pictures anew"

lab:
	@$(PYTHON) tools/bootstrap.py lab
	@exec $(RUN) tools/lab.py $(LAB_ARGS)

test:
	@$(PYTHON) tools/bootstrap.py test
	@$(RUN) tools/test.py $(TEST_ARGS)

test-full:
	@$(PYTHON) tools/bootstrap.py test
	@$(RUN) -m pytest -m full $(TEST_ARGS)

kale-example:
	@$(PYTHON) tools/bootstrap.py test
	@$(RUN) -m pytest -v -m full tests/kale_bridge/local_run/test_local_runs.py -k nine_steps

lint:
	@$(PYTHON) tools/bootstrap.py test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/jlpm lint

format:
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/jlpm format

bench:
	@$(PYTHON) tools/bootstrap.py test
	$(RUN) -m benchmarks $(BENCH_ARGS)

docs:
	@$(PYTHON) tools/bootstrap.py test
	$(RUN) -m mkdocs build --strict

panel:
	@$(PYTHON) tools/bootstrap.py lab

pictures:
	@$(PYTHON) tools/bootstrap.py test
	ROK_PICTURES=docs/pictures $(RUN) -m pytest -q -m full tests/ui/test_pictures.py
	$(RUN) tools/picture.py

native:
	ROK_JUPYTER_NATIVE=require $(RUN) -m pip install --quiet --no-deps -e .

clean:
	rm -rf build dist site .pytest_cache .mypy_cache .ruff_cache .coverage*
