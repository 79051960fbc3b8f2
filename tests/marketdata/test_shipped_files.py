"""The files that the demo imports, read as the service reads them."""

import importlib.util
import re
from pathlib import Path

import pytest

from services.marketdata.domain.defects import DefectReason
from tests.marketdata.builders import defects_of, read

DATA = Path(__file__).parent.parent.parent / "clients" / "cli" / "data"
ROW = re.compile(r"^\| (\d+) \| (\S*) ?\| (\S*) ?\| ([A-Z_]+) \|", re.MULTILINE)


def test_the_file_of_defects_has_one_of_every_kind_where_its_readme_says():
    reading = read((DATA / "defects.csv").read_bytes())
    said = [(int(line), *rest) for line, *rest in ROW.findall((DATA / "README.md").read_text())]
    assert defects_of(reading) == said
    assert {reason for *_, reason in said} == {reason.name for reason in DefectReason}
    assert (len(reading.prices), reading.lines_read) == (30, 40)


def test_the_demos_real_prices_are_read_without_a_defect():
    found = importlib.util.find_spec("skfolio")
    if found is None:
        pytest.skip("skfolio (extra `demo`) is not installed")
    file = Path(found.submodule_search_locations[0]) / "datasets" / "data" / "sp500_dataset.csv.gz"
    reading = read(file.read_bytes(), limit=1 << 24)
    assert (len(reading.prices.symbols), reading.lines_read, len(reading.prices)) == (20, 8313, 166_260)
    assert (reading.defects.total, reading.cells_empty) == (0, 0)
