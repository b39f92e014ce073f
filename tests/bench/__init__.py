"""What `make bench` measures: the embedded default, as a stranger gets it. See docs/bench.md."""
