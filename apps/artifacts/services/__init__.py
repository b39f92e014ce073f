"""The verbs of artifacts. Bytes first, then one short transaction for the row: nothing slow happens inside it, and a
row never names bytes that are not all there.
"""

from .files import fetch_to, ingest_file
from .keys import reserve_key
from .objects import (
    Details,
    delete_object,
    get_object,
    head_object,
    open_incoming,
    put_object,
    remove_objects,
    save_object,
)
from .uploads import (
    PartNamed,
    abort_upload,
    begin_upload,
    complete_upload,
    save_part,
    upload_part,
)

__all__ = [
    "Details",
    "PartNamed",
    "abort_upload",
    "begin_upload",
    "complete_upload",
    "delete_object",
    "fetch_to",
    "get_object",
    "head_object",
    "ingest_file",
    "open_incoming",
    "put_object",
    "remove_objects",
    "reserve_key",
    "save_object",
    "save_part",
    "upload_part",
]
