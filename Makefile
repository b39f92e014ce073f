# Each target is one verb of the bootstrap script; without make: python3 pipelines_project/bootstrap.py VERB
PYTHON ?= python3
ARGS ?=

SEEDS ?=
export SEEDS

.PHONY: run test lint simulate bench fast clean setup
run test lint simulate bench fast clean setup:
	@$(PYTHON) pipelines_project/bootstrap.py $@ $(ARGS)
