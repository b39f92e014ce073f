"""Sets Headrace up where there is Python, and starts it. Standard library only: it runs before any package is there."""
