import pytest

from apps.artifacts.store import FolderStore, current_store


@pytest.fixture
def store(settings, tmp_path) -> FolderStore:
    """The folder store that services use in this test."""
    settings.DATA_DIR = tmp_path
    settings.ARTIFACT_STORE = "folder"
    found = current_store()
    assert isinstance(found, FolderStore)
    return found


@pytest.fixture
def files(store, tmp_path):
    """A function that names the files of the store, those on their way in included."""
    return lambda: sorted(path for path in (tmp_path / "artifacts").rglob("*") if path.is_file())
