"""Somebody whom no other test knows, in the schema that all share."""

import uuid

import pytest

from services.portfolio.app.ports import Reach


@pytest.fixture
def owner():
    """Somebody new."""
    return Reach(str(uuid.uuid4()), str(uuid.uuid4()))
