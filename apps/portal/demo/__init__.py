"""The demo: an account with a real repository and the pipeline that releases it.

repository.py   a bare git repository with a small package and its history
pipeline.py     the definition that tests, builds, asks and publishes
setup.py        makes all of it once, and writes demo.json

The package's files end in .txt here, so that no tool of ours takes them for our own code.
"""
