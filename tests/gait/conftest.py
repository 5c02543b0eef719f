import pytest

from clinigait.core import Protocol
from clinigait.io.protocol import load_protocol


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    return load_protocol("walk_sagittal")
