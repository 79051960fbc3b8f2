"""Of every alert the monitoring page says what it means and what to do."""

import re

from tests.docs.conftest import ROOT
from tools.reference.alerts import alerts

PAGE = (ROOT / "docs/architecture/04-operations/monitoring.md").read_text(encoding="utf-8")


def test_every_alert_is_explained_once_and_nothing_else_is() -> None:
    explained = re.findall(r"^\| `([A-Z]\w+)` \| [^`|]+ \| [^|]+\|$", PAGE, re.MULTILINE)
    assert sorted(explained) == sorted({rule["alert"] for rule in alerts()})
