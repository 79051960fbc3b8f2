"""Goal, constraints and costs on the command line: what is typed is what is sent."""

from typing import get_args

import pytest
from qpo.types.v1.costs_pb2 import Costs
from qpo.types.v1.mandate_pb2 import Constraints, Goal, Linkage, Objective

from clients.cli.by_symbol import of_file, of_text
from clients.cli.costs import CostOptions
from clients.cli.current import CurrentOptions
from clients.cli.limits import LimitOptions
from clients.cli.mandate import GoalOptions, ObjectiveName
from clients.cli.problem import Problem
from clients.cli.question import Question


@pytest.fixture
def made(me):
    """The portfolio that a line would create, as JSON."""

    def call(*options):
        said = me("portfolio", "create", "Mine", "--dry-run", "-o", "json", *options)
        assert said.code == 0, said.err
        return said.json["portfolio"]

    return call


def test_every_field_of_the_contract_has_an_option(made, home):
    (home / "numbers.csv").write_text("AAPL,2\n")
    it = made(
        *("--objective", "cvar", "--cvar-confidence", "0.9", "--risk-free-rate", "0.01", "--risk-aversion", "2"),
        *("--min-return", "0.1", "--max-volatility", "0.2", "--risk-budget", "AAPL=1", "--linkage", "ward"),
        *("--clusters", "3", "--min-weight", "0.01", "--max-weight", "0.9", "--max-assets", "5", "--exact-assets"),
        *("--require", "AAPL", "--bound", "AAPL=0:1", "--group", "g=AAPL::1"),
        *(
            "--class-limit",
            "sector:oil=:1",
            "--row",
            "r: AAPL=1 <= 1",
            "--exposure",
            "0=:1",
            "--max-turnover",
            "1",
            "--max-gross",
            "2",
        ),
        *("--min-budget", "0.5", "--max-budget", "2", "--max-cvar", "0.1", "--benchmark", "AAPL=1"),
        *("--active-min", "-0.1", "--max-tracking-error", "0.1", "--commission-bp", "1", "--half-spread-bp", "1"),
        *("--half-spreads-file", "numbers.csv", "--impact", "1", "--value", "1", "--volumes-file", "numbers.csv"),
        *("--borrow-bp", "1", "--borrow-rates-file", "numbers.csv", "--horizon", "2"),
    )
    parts = {Goal: it["strategy"]["goal"], Constraints: it["constraints"], Costs: it["strategy"]["costs"]}
    for kind, part in parts.items():
        silent = [field.name for field in kind.DESCRIPTOR.fields if not part.get(field.name)]
        assert not silent, kind


def test_every_objective_and_linkage_can_be_chosen():
    objectives = {Objective.Name(GoalOptions(objective=name).message().objective) for name in get_args(ObjectiveName)}
    assert objectives == set(Objective.keys()) - {"OBJECTIVE_UNSPECIFIED"}
    linkages = [GoalOptions(linkage=name).message().linkage for name in ("single", "complete", "average", "ward")]
    assert sorted(linkages) == sorted(set(Linkage.values()) - {0})


def test_what_is_not_said_stays_absent():
    nothing = Question()
    assert (nothing.wanted(), nothing.admitted(), nothing.costs.message()) == (None, None, None)
    assert not CurrentOptions().weights()


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("tilt: AAPL=1,MSFT=-1 <= 0.2", None, 0.2),
        ("tilt:AAPL=1,MSFT=-1<=0.2", None, 0.2),
        ("tilt: aapl=1, msft=-1 >= -0.2", -0.2, None),
        ("tilt: 0.1 <= AAPL=1,MSFT=-1", 0.1, None),
        ("tilt: -0.1 <= AAPL=1,MSFT=-1 <= 0.2", -0.1, 0.2),
        ("tilt: AAPL=1,MSFT=-1 == 0", 0.0, 0.0),
    ],
)
def test_a_row_reads_as_it_would_be_written_on_paper(text, low, high):
    [row] = LimitOptions(row=(text,)).message().rows
    assert (row.name, dict(row.coefficients)) == ("tilt", {"AAPL": 1.0, "MSFT": -1.0})
    assert (row.min if row.HasField("min") else None, row.max if row.HasField("max") else None) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        *("tilt", "AAPL=1 <= 0.2", "tilt: AAPL=1", "tilt: <= 1", ": AAPL=1 <= 1", "tilt: AAPL=1 <= x"),
        *(
            "tilt: AAPL <= 1",
            "tilt: AAPL=1,AAPL=2 <= 1",
            "tilt: 0 >= AAPL=1",
            "tilt: AAPL=nan <= 1",
            "tilt: 1 <= 2 <= 3",
        ),
    ],
)
def test_a_row_that_cannot_be_read_shows_how_to_write_one(me, text):
    said = me("portfolio", "create", "Mine", "--row", text)
    assert said.code == 2
    assert "'tilt: AAPL=1,MSFT=-1 <= 0.2'" in said.err


def test_limits_of_classes_are_gathered_by_attribute():
    texts = ("sector:oil & gas=0.1:0.3", "country:US=:0.8", "sector:*=:0.2", "sector: tech =:")
    sector, country = LimitOptions(class_limit=texts).message().classes
    assert (sector.attribute, sector.max_each, sorted(sector.limits)) == ("sector", 0.2, ["oil & gas", "tech"])
    assert (sector.limits["oil & gas"].min, sector.limits["oil & gas"].max) == (0.1, 0.3)
    assert not sector.limits["tech"].ListFields()
    assert (country.attribute, country.HasField("max_each"), country.limits["US"].max) == ("country", False, 0.8)


@pytest.mark.parametrize(
    "text",
    ["sector", "sector:oil", "oil=:0.2", "sector:=:0.2", ":oil=:0.2", "sector:*=0.1:", "sector:*=:", "sector:oil=x:"],
)
def test_a_limit_of_a_class_that_cannot_be_read_shows_how_to_write_one(me, text):
    said = me("portfolio", "create", "Mine", "--class-limit", text)
    assert said.code == 2
    assert "ATTRIBUTE:CLASS=MIN:MAX" in said.err


def test_a_file_brings_the_classes_of_what_is_limited(made, home):
    (home / "it.csv").write_text("symbol,theme,sector\naapl,new,tech\nXOM,,oil\n")
    [classes] = made("--class-limit", "theme:*=:0.5", "--classes-file", "it.csv")["constraints"]["classes"]
    assert classes == {"attribute": "theme", "members": {"AAPL": "new"}, "limits": {}, "max_each": 0.5}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "cannot read"),
        ("AAPL,tech\n", "cannot read"),
        ("symbol,theme\nAAPL\n", "cannot read"),
        ("symbol,theme\nAAPL,a\naapl,b\n", "stands twice"),
        ("symbol,sector\nAAPL,tech\n", "nothing limits the classes"),
    ],
)
def test_a_file_of_classes_that_cannot_be_used_is_told(me, home, content, reason):
    (home / "it.csv").write_text(content)
    said = me("portfolio", "create", "Mine", "--class-limit", "theme:*=:0.5", "--classes-file", "it.csv")
    assert said.code in (1, 2)
    assert reason in said.err


@pytest.mark.parametrize("exposure", ["0", "0=1", "x=0:1", "-1=0:1", "0=a:b"])
def test_an_exposure_that_cannot_be_read_shows_how_to_write_one(me, exposure):
    said = me("portfolio", "create", "Mine", f"--exposure={exposure}")
    assert said.code == 2
    assert "K=MIN:MAX" in said.err


def test_an_active_bound_that_is_left_out_is_open(made):
    assert made("--active-min", "-0.02")["constraints"]["active_bounds"] == {"min": -0.02, "max": 10.0}
    assert made("--active-max", "0.02")["constraints"]["active_bounds"] == {"min": -10.0, "max": 0.02}


def test_one_confidence_serves_what_is_optimized_and_what_is_capped():
    both = Question(goal=GoalOptions(objective="cvar"), limits=LimitOptions(max_cvar=0.03, cvar_confidence=0.99))
    assert both.wanted().cvar_confidence == both.admitted().max_cvar.confidence == 0.99
    goal = Question(goal=GoalOptions(objective="cvar"), limits=LimitOptions(cvar_confidence=0.99))
    assert (goal.wanted().cvar_confidence, goal.admitted()) == (0.99, None)
    cap = Question(limits=LimitOptions(max_cvar=0.03, cvar_confidence=0.99))
    assert (cap.wanted(), cap.admitted().max_cvar.confidence) == (None, 0.99)


def test_a_confidence_of_nothing_is_a_usage_error(me):
    said = me("optimize", "--dataset", "mine", "--objective", "risk", "--cvar-confidence", "0.99")
    assert said.code == 2
    assert "--max-cvar" in said.err


def test_basis_points_are_exact_fractions():
    assert CostOptions(commission_bp=5, half_spread_bp=2.5, borrow_bp=30).message() == Costs(
        commission=0.0005, half_spread=0.00025, borrow=0.003
    )


@pytest.mark.parametrize(
    "text",
    [
        *("AAPL,0.5\nMSFT,0.25\n", "symbol,weight\nAAPL,0.5\nMSFT,0.25\n", "\ufeffaapl, 0.5\r\n\r\nmsft ,0.25\r\n"),
        '"AAPL","0.5"\n"MSFT","2.5e-1"',
    ],
)
def test_a_file_holds_a_number_per_symbol_with_or_without_names_above(tmp_path, text):
    (tmp_path / "it.csv").write_text(text, encoding="utf-8")
    assert of_file(tmp_path / "it.csv", "--benchmark-file") == {"AAPL": 0.5, "MSFT": 0.25}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"AAPL,0.5\nMSFT,a lot\n", "'a lot' is no number"),
        (b"AAPL,O.5\nMSFT,0.5\n", "'O.5' is no number"),
        (b"AAPL,0,5\nMSFT,0,5\n", "'AAPL,0,5' has no two columns"),
        (b"", "no number"),
        (b"symbol,weight\n", "no number"),
        (b"AAPL,0.5\nMSFT\n", "'MSFT' has no two columns"),
        (b"AAPL,0.5\nAAPL,0.6\n", "AAPL is named twice"),
        (b"AAPL,1\nMSFT,inf\n", "'inf' is no number"),
        (b"AAPL,0.5\n,0.5\n", "without a symbol"),
        (b"\xff\xfe\x00", "decode"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_cure(tmp_path, content, reason):
    (tmp_path / "it.csv").write_bytes(content)
    with pytest.raises(Problem, match=reason) as refused:
        of_file(tmp_path / "it.csv", "--benchmark-file")
    assert "it.csv" in refused.value.what
    assert refused.value.fixes[0][0] == "--benchmark-file"


def test_a_missing_file_is_told(me):
    said = me("optimize", "--dataset", "mine", "--benchmark-file", "nowhere.csv")
    assert said.code == 1
    assert "there is no file nowhere.csv" in said.err


def test_typed_and_kept_numbers_are_not_mixed(me, home):
    (home / "it.csv").write_text("AAPL,1\n")
    said = me("optimize", "--dataset", "mine", "--current", "AAPL=1", "--current-file", "it.csv")
    assert said.code == 2
    assert "--current and --current-file say the same" in said.err


def test_numbers_may_be_typed_in_one_word_or_in_several():
    assert of_text(["AAPL=0.5,jnj=0.25", "XOM=-1e-3"], "--current") == {"AAPL": 0.5, "JNJ": 0.25, "XOM": -0.001}


@pytest.mark.parametrize("text", ["AAPL", "AAPL=", "=1", "AAPL=x", "AAPL=1,aapl=2", "AAPL=inf", ","])
def test_numbers_that_cannot_be_read_show_how_to_write_them(me, text):
    said = me("optimize", "--dataset", "mine", f"--current={text}")
    assert said.code == 2
    assert "SYMBOL=NUMBER" in said.err


def test_an_update_of_costs_leaves_the_goal(me, portfolio):
    me("portfolio", "update", portfolio["id"], "--objective", "risk")
    said = me("portfolio", "update", portfolio["id"], "--borrow-bp", "30", "-o", "json")
    strategy = said.json["portfolio"]["strategy"]
    assert strategy["goal"]["objective"] == "OBJECTIVE_RISK"
    assert strategy["costs"]["borrow"] == 0.003


def test_a_portfolio_shows_its_limits_and_costs_in_words(me, home):
    (home / "spreads.csv").write_text("XOM,4\n")
    said = me(
        *(
            "portfolio",
            "create",
            "Mine",
            "--dry-run",
            "--class-limit",
            "sector:oil=:0.3",
            "--class-limit",
            "sector:*=:0.2",
        ),
        *(
            "--class-limit",
            "country:*=:0.5",
            "--class-limit",
            "sector:tech=:",
            "--max-gross",
            "1.6",
            "--row",
            "tilt: AAPL=1,XOM=-1 <= 0.2",
        ),
        *("--exposure", "0=-0.1:0.1", "--max-cvar", "0.03", "--benchmark", "AAPL=0.6,XOM=0.4", "--active-min", "-0.05"),
        *("--active-max", "0.05", "--max-tracking-error", "0.02", "--commission-bp", "1", "--half-spread-bp", "2"),
        *("--half-spreads-file", "spreads.csv", "--horizon", "0.5"),
    )
    told = " ".join(said.out.replace("│", " ").split())
    assert "sector oil … 30 %; sector tech free; each other sector … 20 %; each country … 50 %" in told
    assert "gross … 160 %; tilt … 0.2; factor 0 -0.1 … 0.1; CVaR 95 % … 3 %" in told
    assert "benchmark AAPL 60 %, XOM 40 %; active -5 … 5 %; tracking error … 2 %" in told
    assert "commission 1 bp; half-spread 2 bp (but XOM 4 bp); over 0.5 years" in told
