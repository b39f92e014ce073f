"""What the endpoint does. A new operation is one entry in the table of its family."""

from ..registry import Operation
from . import buckets, objects, uploads

OPERATIONS: tuple[Operation, ...] = (*buckets.OPERATIONS, *uploads.OPERATIONS, *objects.OPERATIONS)
