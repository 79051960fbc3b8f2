import pytest


def test_a_portfolio_is_created_with_its_mandate(me):
    said = me(
        *("portfolio", "create", "Mine", "--cash", "100000", "--dataset", "mine", "--symbols", "aapl,JNJ"),
        *("--objective", "utility", "--risk-aversion", "3", "--max-weight", "0.5", "--bound", "AAPL=0.1:0.4"),
        *("--group", "oil=XOM,CVX::0.2", "--covariance", "pca-factors", "--end", "2022-12-28", "-o", "json"),
    )
    made = said.json["portfolio"]
    assert made["strategy"]["universe"] == ["AAPL", "JNJ"]
    assert made["strategy"]["goal"]["objective"] == "OBJECTIVE_UTILITY"
    assert made["strategy"]["estimation"]["covariance"] == "COVARIANCE_METHOD_PCA_FACTORS"
    assert made["strategy"]["estimation"]["end"] == {"year": 2022, "month": 12, "day": 28}
    assert made["constraints"]["default_bounds"] == {"min": 0.0, "max": 0.5}
    assert made["constraints"]["bounds"] == {"AAPL": {"min": 0.1, "max": 0.4}}
    assert made["constraints"]["groups"] == [{"name": "oil", "symbols": ["XOM", "CVX"], "max": 0.2}]


def test_without_symbols_the_whole_dataset_is_the_universe(portfolio):
    assert portfolio["strategy"]["universe"] == ["AAPL", "JNJ", "XOM"]


def test_commas_in_money_are_read_over(portfolio):
    assert portfolio["initial_cash"]["value"] == "1000.00"


def test_a_portfolio_is_shown(me, portfolio):
    said = me("portfolio", "get", portfolio["id"])
    assert said.code == 0
    assert "1,000.00 USD" in said.out


def test_portfolios_are_listed_with_the_way_to_the_next_page(me, portfolio):
    said = me("portfolio", "list")
    assert portfolio["id"] in said.out
    assert "--page-token page-2" in said.out


def test_the_portfolios_of_one_owner_are_listed(me, portfolio):
    assert portfolio["id"] in me("portfolio", "list", "--owner", portfolio["user_id"]).out
    assert portfolio["id"] not in me("portfolio", "list", "--owner", "0199").out


def test_an_update_changes_what_is_named_alone(me, portfolio):
    said = me("portfolio", "update", portfolio["id"], "--name", "Other", "--objective", "risk", "-o", "json")
    changed = said.json["portfolio"]
    assert changed["name"] == "Other"
    assert changed["strategy"]["goal"]["objective"] == "OBJECTIVE_RISK"
    assert changed["strategy"]["universe"] == ["AAPL", "JNJ", "XOM"]
    assert changed["cash"]["value"] == "1000.00"


def test_an_update_of_nothing_is_a_usage_error(me, portfolio):
    assert me("portfolio", "update", portfolio["id"]).code == 2


def test_a_stale_etag_exits_with_aborted(me, portfolio):
    said = me("portfolio", "update", portfolio["id"], "--name", "x", "--etag", "77")
    assert said.code == 20
    assert "ETAG_MISMATCH" in said.err


def test_a_deleted_portfolio_is_gone(me, portfolio):
    assert me("portfolio", "delete", portfolio["id"]).code == 0
    said = me("portfolio", "get", portfolio["id"])
    assert said.code == 15
    assert "PORTFOLIO_NOT_FOUND (NOT_FOUND)" in said.err


def test_a_rebalance_shows_trades_and_what_they_promise(me, portfolio):
    said = me("portfolio", "rebalance", portfolio["id"])
    assert "999.99" in said.out
    assert "Sharpe 0.800" in said.out
    assert "99.9999 %" in me("portfolio", "holdings", portfolio["id"]).out


def test_a_rebalance_that_only_asks_says_so(me, portfolio):
    said = me("portfolio", "rebalance", portfolio["id"], "--validate-only")
    assert "nothing was written" in said.out
    assert "net asset value 1,000.00" in me("portfolio", "holdings", portfolio["id"]).out


def test_a_refused_field_is_named_with_its_cure(me):
    said = me("portfolio", "create", "Mine", "--cash", "1.234")
    assert said.code == 13
    assert "initial_cash.value: write at most two decimals" in said.err


@pytest.mark.parametrize("bound", ["AAPL", "AAPL=1", "AAPL=a:b"])
def test_a_bound_that_cannot_be_read_shows_how_to_write_one(me, bound):
    said = me("portfolio", "create", "Mine", "--bound", bound)
    assert said.code == 2
    assert "SYMBOL=MIN:MAX" in said.err


def test_a_portfolio_shows_what_its_weights_must_satisfy(me):
    said = me(
        *("portfolio", "create", "Mine", "--max-weight", "0.5", "--bound", "AAPL=0.1:0.4"),
        *("--group", "oil=XOM,CVX::0.2", "--max-turnover", "0.3", "--min-budget", "0.9", "--dry-run"),
    )
    told = "each 0 … 50 %; AAPL 10 … 40 %; oil (XOM, CVX) … 20 %; in all 90 … 100 %; turnover … 30 %"
    assert told in " ".join(said.out.replace("│", " ").split())
    assert "long only" in me("portfolio", "create", "Mine", "--dry-run").out
