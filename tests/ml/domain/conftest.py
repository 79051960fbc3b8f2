import pytest
from hypothesis import settings

settings.register_profile("ml", deadline=None, max_examples=40, derandomize=True)


@pytest.fixture(autouse=True, scope="package")
def _hypothesis_profile():
    settings.load_profile("ml")
    yield
    settings.load_profile("default")
