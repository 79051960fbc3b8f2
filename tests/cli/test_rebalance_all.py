"""Every portfolio once: what was done is on disk, what is taken up is not done again."""

import json
import uuid
from types import SimpleNamespace

import grpc
import pytest
from qpo.portfolio.v1.portfolio_service_pb2 import RebalancePortfolioResponse

from clients.cli import rebalance_all, rebalance_run
from clients.cli.problem import Problem
from clients.cli.rebalance_all import Runner
from clients.cli.rebalance_run import Member, Outcome, begun, held, resumed
from tests.cli.fake_edge.refusals import status_of


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(rebalance_all, "_PAUSES", (0.0, 0.0))


@pytest.fixture
def some(me):
    """Makes portfolios of these names; every test has those of the tests before it as well."""

    def make(*names):
        made = [me("portfolio", "create", name, "--dataset", "mine", "-o", "json").json for name in names]
        return [answer["portfolio"]["id"] for answer in made]

    return make


def rows(said):
    return {row["portfolio_id"]: row for row in said.json["portfolios"]}


def lines(home):
    """The newest run's file, line by line."""
    [path] = (home / "config/qpo/rebalances").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    return path, [json.loads(line) for line in path.read_text().splitlines()]


def test_every_portfolio_of_ones_own_has_one_outcome(me, some, home):
    one, two, poor, other = some("One", "Two", "Poor", "Another's")
    said = me("rebalance-all", "-o", "json")
    found = rows(said)
    assert (found[one]["outcome"], found[one]["trades"], found[two]["outcome"]) == ("rebalanced", 1, "rebalanced")
    assert (found[poor]["outcome"], found[poor]["reason"]) == ("refused", "NOT_REBALANCEABLE (FAILED_PRECONDITION)")
    assert other not in found
    assert said.code == 1
    assert "were not rebalanced" in said.err
    _, [plan, *outcomes] = lines(home)
    assert plan["run"] == said.json["run"]
    assert sorted(line["portfolio_id"] for line in outcomes) == sorted(found)


def test_a_dry_run_writes_nothing_here_or_there(me, some, home):
    [one] = some("Dry")
    said = me("rebalance-all", "--dry-run", "-o", "json")
    assert rows(said)[one]["outcome"] == "rebalanced"
    assert me("portfolio", "show", one, "-o", "json").json["portfolio"]["holdings"] == []
    assert not (home / "config/qpo/rebalances").exists()


def test_a_portfolio_that_was_changed_meanwhile_is_left_alone(me, some, stopped):
    [one] = some("Changed")
    run = stopped(one)
    assert me("portfolio", "update", one, "--name", "Changed by hand").code == 0
    said = me("rebalance-all", "--resume", run, "-o", "json")
    assert rows(said)[one]["reason"] == "ETAG_MISMATCH (ABORTED)"
    assert me("portfolio", "show", one, "-o", "json").json["portfolio"]["holdings"] == []


@pytest.fixture
def stopped(me, home, edge):
    """Begins a run over these portfolios that is ended before it has any outcome."""
    return lambda *portfolio_ids: stopped_before(me, home, edge, *portfolio_ids)


def stopped_before(me, home, edge, *portfolio_ids):
    listed = me("portfolio", "list", "-o", "json").json["portfolios"]
    members = [Member(it["id"], it["name"], it["etag"]) for it in listed if it["id"] in portfolio_ids]
    owner = me("whoami", "-o", "json").json["user"]["id"]
    return begun(home / "config/qpo/rebalances", edge, owner, "", members).plan.run


def test_a_run_that_is_taken_up_does_what_was_left_and_nothing_twice(me, some, home, stopped):
    one, two = some("First", "Second")
    run = stopped(one, two)
    path, [plan] = lines(home)
    # The platform did the first one, and the answer was lost.
    request_id = str(uuid.uuid5(uuid.UUID(run), one))
    etag = next(member["etag"] for member in plan["members"] if member["id"] == one)
    assert me("portfolio", "rebalance", one, "--request-id", request_id, "--etag", etag).code == 0
    for _ in range(3):
        said = me("rebalance-all", "--resume", run, "-o", "json")
        assert said.code == 0, said.err
        assert {row["outcome"] for row in rows(said).values()} == {"rebalanced"}
    for portfolio_id in (one, two):
        assert len(me("portfolio", "show", portfolio_id, "-o", "json").json["portfolio"]["holdings"]) == 1
    assert len(path.read_text().splitlines()) == 3


def test_what_could_not_be_reached_is_tried_again_when_the_run_is_taken_up(me, some, stopped):
    [one] = some("AwayAwayAwayAwayBack")
    run = stopped(one)
    said = me("rebalance-all", "--resume", run, "-o", "json")
    assert (said.code, rows(said)[one]["outcome"]) == (1, "unreached")
    said = me("rebalance-all", "--resume", run, "-o", "json")
    assert (said.code, rows(said)[one]["outcome"]) == (0, "rebalanced")


def test_a_brief_absence_is_borne(me, some, stopped):
    [one] = some("AwayAwayBack")
    said = me("rebalance-all", "--resume", stopped(one), "-o", "json")
    assert rows(said)[one]["outcome"] == "rebalanced"


def test_the_table_has_a_row_each_and_says_why_not(me, some):
    some("Poor")
    said = me("rebalance-all", "--dry-run")
    assert "nothing to invest" in said.out
    assert "nothing was written" in said.out


@pytest.mark.parametrize("words", [("--dry-run",), ("--as-of", "2022-01-03")])
def test_a_run_is_taken_up_as_it_was_begun(me, words):
    said = me("rebalance-all", "--resume", str(uuid.uuid4()), *words)
    assert (said.code, "can't be changed" in said.err) == (2, True)


@pytest.mark.parametrize("run", ["no-uuid", str(uuid.uuid4()), "../../etc/passwd"])
def test_a_run_that_is_not_there_can_not_be_taken_up(me, run):
    assert me("rebalance-all", "--resume", run).code == 2


MEMBERS = [Member(str(uuid.UUID(int=at)), f"P{at}", "1") for at in range(3)]


def outcome(at, became="rebalanced"):
    return Outcome(MEMBERS[at].id, MEMBERS[at].name, became)


def test_a_line_that_was_cut_off_is_as_if_it_had_never_been_begun(tmp_path):
    file = begun(tmp_path, "http://edge", "me", "2022-01-03", MEMBERS)
    file.append(outcome(0))
    with file.path.open("ab") as torn:
        torn.write(b'{"portfolio_id": "0000')
    again = resumed(tmp_path, file.plan.run, "http://edge", "me")
    assert (again.plan, [member.id for member in again.left]) == (file.plan, [MEMBERS[1].id, MEMBERS[2].id])
    again.append(outcome(1))
    again.append(outcome(2, "unreached"))
    assert [member.id for member in resumed(tmp_path, file.plan.run, "http://edge", "me").left] == [MEMBERS[2].id]


def test_a_run_belongs_to_its_user_and_its_edge(tmp_path):
    run = begun(tmp_path, "http://edge", "me", "", MEMBERS).plan.run
    for edge, user in (("http://other", "me"), ("http://edge", "you")):
        with pytest.raises(Problem, match="another's"):
            resumed(tmp_path, run, edge, user)


def test_a_damaged_file_is_told(tmp_path):
    file = begun(tmp_path, "http://edge", "me", "", MEMBERS)
    file.path.write_text("nonsense\n")
    with pytest.raises(Problem, match="damaged"):
        resumed(tmp_path, file.plan.run, "http://edge", "me")


def test_two_do_not_work_on_one_run(tmp_path):
    file = begun(tmp_path, "http://edge", "me", "", MEMBERS)
    with held(file), pytest.raises(Problem, match="another qpo"), held(file):
        pass
    with held(file):
        pass


def test_the_request_ids_of_two_runs_differ_and_those_of_one_do_not(tmp_path):
    one, two = (begun(tmp_path, "http://edge", "me", "", MEMBERS) for _ in range(2))
    again = resumed(tmp_path, one.plan.run, "http://edge", "me")
    ids = [[file.plan.request_id(member) for member in MEMBERS] for file in (one, again, two)]
    assert ids[0] == ids[1]
    assert len({*ids[0], *ids[2]}) == 6
    assert rebalance_run.UUID(ids[0][0]).version == 5


class TooOften(grpc.RpcError):
    """A refusal that says when to come again."""

    def code(self):
        return grpc.StatusCode.RESOURCE_EXHAUSTED

    def details(self):
        return "too often"

    def trailing_metadata(self):
        status = status_of(self.code(), "TOO_MANY_CALLS", self.details(), retry=41.5)
        return (("grpc-status-details-bin", status.SerializeToString()),)


class Clock:
    """Instead of the event that ends a pause: remembers how long was waited, and whether it is to end."""

    def __init__(self, stops=False):
        self.waited, self.stops = [], stops

    def wait(self, seconds):
        self.waited.append(seconds)
        return self.stops


def worked(clock):
    """The outcome of a member whose first call is one too many."""
    answers = [TooOften(), RebalancePortfolioResponse()]

    def rebalance(_request):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    edge = SimpleNamespace(portfolios=SimpleNamespace(RebalancePortfolio=rebalance))
    plan = SimpleNamespace(as_of="")
    kept = []
    Runner(edge, plan, kept.append, validate_only=True, stopped=clock)(Member("p", "Core", "1"))
    return kept[0]


def test_who_is_told_when_to_come_again_waits_as_long():
    clock = Clock()
    assert worked(clock).outcome == "unchanged"
    assert clock.waited == [41.5]


def test_a_run_that_is_stopped_waits_no_longer():
    assert worked(Clock(stops=True)).outcome == "unreached"
