"""`python -m tests.drill.check HISTORY`: the verdict on a history again, without the mesh that wrote it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from tests.drill.history import read
from tests.drill.report import report_of, show


def main() -> int:
    """1 on any violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill.check", description="Check a drill's history again.")
    parser.add_argument("history", type=Path, help="a history-….jsonl")
    report = report_of(read(parser.parse_args().history))
    show(report, Console())
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
