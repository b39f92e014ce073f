"""The little XML that S3 speaks. Pure."""

import re
from collections.abc import Iterable
from typing import TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import escape

from apps.artifacts.services import PartNamed

from .errors import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
DEPTH = 3
CHECKSUM_NAMES = frozenset({f"Checksum{name}" for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")})

Content: TypeAlias = "str | int | Iterable[Element]"
Element: TypeAlias = "tuple[str, Content]"


def document(root: str, content: Content, *, namespace: bool = True) -> bytes:
    """Return a document. What XML cannot hold is shown as U+FFFD."""
    attribute = f' xmlns="{NAMESPACE}"' if namespace else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{attribute}>{_inner(content)}</{root}>'.encode()


def _inner(content: Content) -> str:
    if isinstance(content, str | int):
        return escape(FORBIDDEN.sub("\ufffd", str(content)))
    return "".join(f"<{name}>{_inner(value)}</{name}>" for name, value in content)


def read_parts(body: bytes) -> list[PartNamed]:
    """Read a CompleteMultipartUpload document. Raises S3Error MalformedXML."""
    reader = _PartsReader()
    try:
        reader.parser.Parse(body, True)
        return [_part(fields) for fields in reader.parts]
    except (expat.ExpatError, KeyError, ValueError):
        raise S3Error(
            "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
        ) from None


def _part(fields: dict[str, str]) -> PartNamed:
    checksums = [value for name, value in fields.items() if name in CHECKSUM_NAMES]
    if not 1 <= len(fields["PartNumber"]) <= 5:
        raise ValueError("part number")
    return PartNamed(int(fields["PartNumber"]), fields["ETag"].strip('"'), checksums[0] if checksums else "")


class _PartsReader:
    """Collects the parts. Refuses a document type, because entities are declared in it, and depth."""

    def __init__(self) -> None:
        self.parts: list[dict[str, str]] = []
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._open: list[str] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name.rpartition("}")[2])
        if len(self._open) > DEPTH or self._open[0] != "CompleteMultipartUpload":
            raise ValueError("not a list of parts")
        if self._open[1:] == ["Part"]:
            self.parts.append({})

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if len(self._open) == DEPTH and self._open[1] == "Part":
            fields = self.parts[-1]
            fields[self._open[2]] = fields.get(self._open[2], "") + text

    def _refuse(self, *arguments: object) -> None:
        raise ValueError("a document type")
