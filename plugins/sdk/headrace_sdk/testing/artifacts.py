"""Artifacts of a test: made from a dictionary, read back as one."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from headrace_sdk import archive


class MemoryInput:
    """Implements `headrace_sdk.InputArtifact`."""

    def __init__(self, name: str, path: Path, revision: str = "") -> None:
        self.name = name
        self.path = path
        self.revision = revision

    def extract_to(self, directory: Path) -> None:
        archive.extract(self.path, directory)


class MemoryOutput:
    """Implements `headrace_sdk.OutputArtifact`; `content` is what was written, None before that."""

    def __init__(self, name: str, path: Path, files: tuple[str, ...]) -> None:
        self.name = name
        self.files = files
        self._path = path

    def write_directory(self, directory: Path, patterns: Sequence[str] | None = None) -> None:
        archive.pack(directory, self._path, patterns if patterns is not None else self.files or None)

    def write_file(self, path: Path) -> None:
        self._path.write_bytes(path.read_bytes())

    @property
    def content(self) -> dict[str, bytes] | None:
        if not self._path.exists():
            return None
        with zipfile.ZipFile(self._path) as packed:
            return {name: packed.read(name) for name in packed.namelist()}


class MemoryArtifacts:
    """The artifacts of one action. `folder` is a place for their files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.inputs: dict[str, MemoryInput] = {}
        self.outputs: dict[str, MemoryOutput] = {}

    def add_input(self, name: str, files: Mapping[str, bytes] | bytes, *, revision: str = "") -> None:
        """Add an input artifact: a zip file of `files`, or exactly these bytes."""
        path = self._folder / f"{name}.zip"
        if isinstance(files, bytes):
            path.write_bytes(files)
        else:
            with zipfile.ZipFile(path, "w") as packed:
                for entry, content in files.items():
                    packed.writestr(entry, content)
        self.inputs[name] = MemoryInput(name, path, revision)

    def add_missing_input(self, name: str) -> None:
        """Add an input artifact whose file is not there."""
        self.inputs[name] = MemoryInput(name, self._folder / "missing.zip")

    def add_output(self, name: str, *patterns: str) -> None:
        """Add an output artifact that the action is to make."""
        self.outputs[name] = MemoryOutput(name, self._folder / f"out-{name}.zip", patterns)
