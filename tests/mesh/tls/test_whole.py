"""All that works in clear text works with TLS; what must stay secret stays so; certificates change underway."""

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import time

import httpx
import psutil

from stack.addresses import SERVICES
from stack.elsewhere import status
from stack.events import State
from stack.identities import NAMES
from tests.mesh.rest import SYMBOLS, first_line
from tests.mesh.twins.mesh import await_true, killed, part


def test_every_part_answers_whoever_owns_the_mesh(mesh):
    assert {each.name: each.state for each in status(mesh.layout.root).parts if each.state is not State.READY} == {}
    assert mesh.edge_url.startswith("https://127.0.0.1:")


def test_the_command_line_trusts_the_mesh_of_this_machine_by_itself(qpo):
    made = qpo.json("portfolio", "create", "Mine", "--dataset", "mine", "--cash", "100000", "--lookback", "252")
    done = qpo.json("portfolio", "rebalance", made["portfolio"]["id"])
    assert done["trades"]
    job = qpo.json("optimize", "submit", made["portfolio"]["id"])["job_id"]
    looks = [json.loads(line) for line in qpo("optimize", "status", job, "--watch", "0.2").splitlines()]
    assert looks[-1]["job"]["state"] == "JOB_STATE_SUCCEEDED"


def test_the_first_administrator_is_made_past_the_edge(qpo):
    assert qpo.json("admin", "bootstrap", "root@example.com")["user"]["email"] == "root@example.com"


def test_rest_and_its_streams_are_served(rest):
    assert rest.get("/ready").status_code == 200
    body = {"dataset": {"dataset": "mine", "symbols": list(SYMBOLS)}}
    assert rest.post("/api/v1/moments", json=body).status_code == 200
    assert first_line(rest, "/api/v1/datasets/mine/ticks")["snapshot"]


def test_a_client_that_was_not_told_whom_to_trust_does_not_speak_to_it(mesh):
    alone = subprocess.run(
        [sys.executable, "-c", f"import urllib.request as u; u.urlopen({mesh.edge_url + '/ready'!r})"],
        **{"capture_output": True, "text": True, "timeout": 30, "env": {**os.environ, "no_proxy": "*"}},
        check=False,
    )
    assert "CERTIFICATE_VERIFY_FAILED" in alone.stderr


def test_metrics_are_on_the_loopback_alone(mesh):
    for service in SERVICES:
        text = httpx.get(f"http://{mesh.metrics_address(service)}/metrics", trust_env=False).text
        assert "api_requests_total" in text
    heads = [psutil.Process(each.pid) for each in mesh.parts()]
    family = [process for head in heads for process in (head, *head.children(recursive=True))]
    listening = {
        each.laddr.ip
        for process in family
        for each in process.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    }
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_no_private_key_is_in_a_log_an_argument_an_environment_or_a_readable_file(mesh):
    folder = mesh.layout.secrets("tls")
    keys = {path.read_text().splitlines()[1] for path in folder.iterdir() if path.name != "authority.pem"}
    assert len(keys) == len(NAMES) + 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    written = [path.read_text(errors="replace") for path in (mesh.layout.root / "logs").iterdir()]
    written += [mesh.layout.state.read_text(), *(path.read_text() for path in mesh.layout.data("envoy").iterdir())]
    for each in mesh.parts():
        process = psutil.Process(each.pid)
        written += [*process.cmdline(), *process.environ().values()]
    admin = f"http://127.0.0.1:{mesh.addresses.ports['edge_admin']}"
    written.append(httpx.get(f"{admin}/config_dump", params={"include_eds": ""}, trust_env=False).text)
    for text in written:
        assert "PRIVATE KEY" not in text
        assert not [key for key in keys if key in text]


def serial(mesh, own, name):
    """The number of the certificate that a new connection to a replica is shown."""
    host, _, port = mesh.addresses.service(name).partition(":")
    trusted = ssl.create_default_context(cafile=own.authority)
    trusted.load_cert_chain(own.identity("stack").file)
    served = name.partition("-")[0] + ".qpo.local"
    with (
        socket.create_connection((host, int(port))) as bare,
        trusted.wrap_socket(bare, server_hostname=served) as shown,
    ):
        return shown.getpeercert()["serialNumber"]


def test_all_certificates_are_replaced_underway_and_no_process_with_them(mesh, own, qpo, rest):
    names = [each.name for each in mesh.parts() if each.name.partition("-")[0] in SERVICES]
    before = {name: serial(mesh, own, name) for name in names}
    pids = {each.name: each.pid for each in mesh.parts()}
    own.issue()
    assert not set(before.values()) & {serial(mesh, own, name) for name in names}
    # Whoever connects anew shows, and is shown, the new ones.
    for name in ("optimizer", "optimizer-2"):
        killed(mesh, name)
    deadline = time.monotonic() + 10
    while rest.get("/ready").status_code != 200:
        assert time.monotonic() < deadline
    made = qpo.json("portfolio", "create", "Next", "--dataset", "mine", "--cash", "1000", "--lookback", "252")
    assert qpo.json("portfolio", "rebalance", made["portfolio"]["id"])["trades"]
    assert {name: pid for name, pid in pids.items() if part(mesh, name).pid != pid}.keys() == {
        "optimizer",
        "optimizer-2",
    }


def test_a_replica_that_dies_is_not_missed(mesh, rest):
    killed(mesh, "marketdata-2")
    body = {"dataset": {"dataset": "mine", "symbols": list(SYMBOLS)}}
    await_true(lambda: rest.post("/api/v1/moments", json=body).status_code == 200, 5)
    assert part(mesh, "marketdata-2").restarts == 1
