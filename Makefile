# Each target is one verb of the bootstrap script; without make: python3 pipelines_project/bootstrap.py VERB
PYTHON ?= python3
ARGS ?=

.PHONY: run test lint bench fast clean setup
run test lint bench fast clean setup:
	@$(PYTHON) pipelines_project/bootstrap.py $@ $(ARGS)
