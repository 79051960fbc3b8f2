"""Runs the check of completeness last, and remembers what was skipped before it."""

from collections.abc import Iterator

import pytest

LAST = "test_every_rpc.py"
SKIPPED = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.skipped:
        item.session.stash.setdefault(SKIPPED, []).append(item.nodeid)
    return report
