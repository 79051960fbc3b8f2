"""The scaling guide quotes the figures that were measured, and reckons right."""

import re

import pytest

from tests.docs.conftest import ROOT

PAGE = (ROOT / "docs/architecture/04-operations/scaling.md").read_text(encoding="utf-8")
RESULTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks/results").glob("*.md"))
QUOTED = re.findall(r"^\| `([\w.]+)` \| ([\d.]+) (\S+) \| results \|$", PAGE, re.MULTILINE)
PRODUCTS = re.findall(r"([\d,.]+) × ([\d,.]+) (µs|ms) +(?:=) ([\d,.]+) (cores|µs)", PAGE)
QUOTIENTS = re.findall(r"([\d,]+) / ([\d,]+) = ([\d.]+)", PAGE)
SECONDS = {"µs": 1e-6, "ms": 1e-3, "cores": 1.0}


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_figure_is_quoted_as_it_was_measured() -> None:
    assert len(QUOTED) == 7
    for name, value, unit in QUOTED:
        assert f"| `{name}` | {value} | {unit} |" in RESULTS, name


@pytest.mark.parametrize("product", PRODUCTS, ids=" ".join)
def test_a_product_is_what_it_says(product: tuple[str, ...]) -> None:
    rate, cost, unit, result, of = product
    digits = len(result.partition(".")[2])
    assert round(number(rate) * number(cost) * SECONDS[unit] / SECONDS[of], digits) == number(result)


@pytest.mark.parametrize("quotient", QUOTIENTS, ids=" ".join)
def test_a_quotient_is_what_it_says(quotient: tuple[str, ...]) -> None:
    dividend, divisor, result = quotient
    assert round(number(dividend) / number(divisor), len(result.partition(".")[2])) == number(result)


def test_all_that_is_reckoned_is_looked_at() -> None:
    assert len(PRODUCTS) == 10
    assert len(QUOTIENTS) == 2
