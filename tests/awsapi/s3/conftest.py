import uuid

import pytest

from .running import Server, prepare, running


@pytest.fixture(scope="package")
def prepared(tmp_path_factory):
    """A folder with a database, and the credentials in it."""
    folder = tmp_path_factory.mktemp("served")
    return folder, prepare(folder)


@pytest.fixture(scope="package", params=["uvicorn", "daphne"])
def server(request, prepared) -> Server:
    folder, keys = prepared
    with running(request.param, folder, keys) as server:
        yield server


@pytest.fixture
def s3(server):
    return server.client()


@pytest.fixture
def key() -> str:
    """A key that no other test uses, of characters that no URL escapes."""
    return f"tests/{uuid.uuid4().hex}.zip"
