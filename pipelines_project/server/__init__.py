"""Daphne with bounds: on bodies, heads, waiting and connections. `python -m pipelines_project.server` starts it.

Daphne itself spools every body to disk before it calls the application, without limit, and queues it whole in memory.
Here the application is called once the head is there and is handed the body as it arrives, no faster than it reads.
"""
