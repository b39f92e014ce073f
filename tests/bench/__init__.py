"""What `make bench` measures: Headrace as a stranger gets it, on each database, beside yardsticks. docs/bench.md."""
