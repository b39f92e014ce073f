"""The whole core, driven from a seed: engine, jobs and timers over a real database, with a virtual clock.

A run makes an account and a pipeline of random shape, and then takes random steps: calls of people, job workers that
are slow, die, answer twice or late, time that passes, and processes that end right before or right after a commit.
After each step the invariants INV-… of the reliability contract are checked. A failing seed is cut down to a short
history that can be replayed: `make simulate ARGS="--replay FILE"`.
"""
