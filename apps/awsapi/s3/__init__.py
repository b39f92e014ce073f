"""The S3-compatible artifact endpoint, on the same host and port as everything else."""
