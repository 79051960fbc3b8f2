"""Splits and dividends from a terminal."""

import pytest


def test_actions_are_read_from_a_file_and_printed(me, home):
    lines = ("symbol,ex_date,split_ratio,dividend", "AAPL,2020-08-31,4,", "JNJ,2021-02-22,,1.01", "XOM,2021-02-23,,")
    (home / "actions.csv").write_text("\n".join(lines))
    said = me("actions", "set", "mine", "--file", "actions.csv", "-o", "json").json["actions"]
    assert [(each["symbol"], each["ex_date"]["day"]) for each in said] == [("AAPL", 31), ("JNJ", 22), ("XOM", 23)]
    assert said[0]["split_ratio"] == {"value": "4"}
    assert "dividend" not in said[0]
    assert said[1]["dividend"] == {"value": "1.01"}
    assert "1.01" in me("actions", "set", "mine", "--file", "actions.csv").out
    assert "2020-08-31" in me("actions", "list", "mine").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,day\n", "has the columns symbol, day"),
        ("", "of no header"),
        ("symbol,ex_date\n", "holds no actions"),
        ("symbol,ex_date\nAAPL,someday\n", "line 2 cannot be read"),
        ("symbol,ex_date\nAAPL\n", "line 2 cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_line(me, home, text, said):
    (home / "actions.csv").write_text(text)
    refused = me("actions", "set", "mine", "--file", "actions.csv")
    assert refused.code == 1
    assert said in " ".join(refused.err.split())


def test_how_bars_are_adjusted_is_asked_for(me):
    assert me("prices", "bars", "mine", "--adjust", "all").code == 0
    assert me("bars", "list", "mine", "--adjust", "splits").code == 0
    assert me("bars", "list", "mine", "--adjust", "everything").code == 2
