"""The sandbox that runs a pipeline's commands."""
