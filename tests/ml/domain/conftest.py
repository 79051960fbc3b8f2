from hypothesis import settings

FEW = settings(deadline=None, max_examples=40, derandomize=True)


def pytest_itemcollected(item):
    """A property takes its settings when it is decorated, before any fixture could load a profile: given here."""
    if getattr(item.obj, "is_hypothesis_test", False):
        FEW(item.obj)
