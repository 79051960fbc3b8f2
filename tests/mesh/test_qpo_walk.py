"""One walk through `qpo` against the real platform: a profile, a portfolio tried and traded, pictures, and farewell."""

import json
from uuid import uuid4

import pytest
import yaml
from matplotlib.image import imread

from tests.mesh.rest import SYMBOLS, closes
from tests.mesh.test_qpo import Terminal

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def email():
    return f"{uuid4().hex[:12]}@example.com"


@pytest.fixture(scope="module")
def qpo(mesh, email, tmp_path_factory) -> Terminal:
    """A terminal whose profile knows edge, login and dataset: no command below names any of them."""
    home = tmp_path_factory.mktemp("walk")
    (home / "closes.csv").write_bytes(closes())
    terminal = Terminal(home)
    terminal("profile", "set", "work", "--edge", mesh.edge_url, "--dataset", "walked")
    terminal("profile", "use", "work")
    terminal("register", email)
    terminal("prices", "import", "closes.csv")
    return terminal


@pytest.fixture(scope="module")
def portfolio(qpo) -> str:
    made = qpo.json("portfolio", "create", "Walked", "--cash", "100000", "--lookback", "252", "--max-weight", "0.6")
    return made["portfolio"]["id"]


def test_what_a_dry_run_shows_is_what_then_happens(qpo, portfolio):
    assert qpo.json("portfolio", "create", "Tried", "--dry-run")["portfolio"]["id"] == ""
    tried = qpo.json("portfolio", "rebalance", portfolio, "--dry-run")
    assert qpo.json("portfolio", "show", portfolio)["portfolio"]["holdings"] == []
    done = qpo.json("portfolio", "rebalance", portfolio)
    assert done["trades"] == tried["trades"]
    held = yaml.safe_load(qpo("portfolio", "holdings", portfolio, "-o", "yaml"))
    assert {it["symbol"] for it in held["holdings"]} == {it["symbol"] for it in done["portfolio"]["holdings"]}


def test_a_rebalanced_portfolio_stands_on_its_frontier(qpo, portfolio):
    qpo("portfolio", "rebalance", portfolio, "--png", "trades.png")
    text = qpo("frontier", portfolio, "--png", "frontier.png")
    assert "◆ Walked" in text
    assert all(imread(qpo.home / name).shape[1] == 1600 for name in ("trades.png", "frontier.png"))


def test_sectors_that_were_said_once_are_capped_from_then_on(qpo):
    sectors = dict(zip(SYMBOLS, ("one", "other") * len(SYMBOLS), strict=False))
    lines = "".join(f"{symbol},{sector}\n" for symbol, sector in sectors.items())
    (qpo.home / "classes.csv").write_text(f"symbol,sector\n{lines}")
    qpo("prices", "classify", "--file", "classes.csv")
    made = qpo.json("portfolio", "create", "Capped", "--cash", "100000", "--class-limit", "sector:one=:0.25")[
        "portfolio"
    ]
    held = qpo.json("portfolio", "rebalance", made["id"])["portfolio"]["holdings"]
    weights = {each["symbol"]: float(each["weight"]["value"]) for each in held}
    assert sum(weight for symbol, weight in weights.items() if sectors[symbol] == "one") <= 0.25 + 1e-6
    assert sum(weights.values()) > 0.99


def test_a_job_is_submitted_watched_and_equal_to_a_solve_at_once(qpo):
    asked = ("--lookback", "252", "--max-weight", "0.6")
    job = qpo.json("optimize", "submit", *asked)["job_id"]
    looks = [json.loads(line) for line in qpo("optimize", "status", job, "--watch", "0.2").splitlines()]
    assert looks[-1]["job"]["state"] == "JOB_STATE_SUCCEEDED"
    found = qpo.json("optimize", "result", job)["result"]["weights"]
    at_once = qpo.json("optimize", "solve", *asked)["result"]["weights"]
    assert at_once == pytest.approx(found, abs=1e-9)


def test_prices_are_read_in_every_way(qpo):
    last = qpo.json("prices", "closes")["closes"]
    assert [it["symbol"] for it in last] == list(SYMBOLS)
    assert qpo.json("prices", "bars", "--symbols", SYMBOLS[0], "--known-at", "2000-01-01")["bars"] == []
    assert "What 1 became" in qpo("prices", "plot", "--symbols", ",".join(SYMBOLS[:3]))
    assert qpo.json("moments", "--lookback", "252")["moments"]["symbols"] == list(SYMBOLS)


def test_a_portfolio_is_replaced_whole_if_nobody_came_between(qpo, portfolio):
    etag = qpo.json("portfolio", "show", portfolio)["portfolio"]["etag"]
    line = ("portfolio", "replace", portfolio, "Replaced", "--symbols", SYMBOLS[0], "--dataset", "walked")
    changed = qpo.json(*line, "--etag", etag)["portfolio"]
    assert changed["strategy"]["universe"] == [SYMBOLS[0]]
    assert changed["strategy"]["estimation"]["lookback"] == 0
    assert "ETAG_MISMATCH" in qpo(*line, "--etag", etag, code=20)


def test_any_method_is_called_by_its_name(qpo, portfolio):
    named = json.loads(qpo("call", "GetPortfolio", json.dumps({"portfolio_id": portfolio})))["portfolio"]
    assert named == qpo.json("portfolio", "show", portfolio)["portfolio"]
    assert "portfolio_id: must be a valid UUID" in qpo("call", "GetPortfolio", '{"portfolio_id": "x"}', code=13)


def test_the_walk_ends_with_the_account(qpo, email):
    qpo("account", "refresh")
    assert qpo.json("account", "jwks")["keys"][0]["kty"] == "OKP"
    assert "--yes" in qpo("account", "delete", code=2)
    qpo("account", "delete", "--yes")
    assert "you are not logged in" in qpo("whoami", code=1)
    assert "BAD_CREDENTIALS" in qpo("login", email, code=26)
