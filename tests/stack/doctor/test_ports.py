"""Ports that are free, held by their parts, or by others."""

import os
import socket
import subprocess
from dataclasses import replace

import pytest

from benchmarks.program import free_port
from stack.addresses import STRIDE, Addresses
from stack.doctor import ports
from stack.events import PartStatus, State
from tests.stack.doctor.conftest import verdicts, wrong


@pytest.fixture
def taken():
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def unused():
    return free_port()


def wishing(patient, **wanted):
    """The patient with these ports wished for, and otherwise ports that nobody has."""
    names = [name for name in type(patient.settings).model_fields if name.endswith("_port")]
    others = {name: 61_000 + place for place, name in enumerate(names)}
    return replace(patient, settings=patient.settings.model_copy(update=others | wanted))


def test_a_port_that_a_stranger_has_is_named_with_whoever_has_it(patient, taken):
    (found,) = wrong(ports.ports(wishing(patient, portfolio_port=taken)))
    assert f"{taken}, for portfolio" in found.detail
    assert f"pid {os.getpid()}" in found.detail
    assert "QPO_STACK_PORTFOLIO_PORT" in found.fix


@pytest.mark.parametrize(
    ("wanted", "given", "name"),
    [
        ("edge_port", {}, "edge"),
        ("edge_tls_port", {"tls": True}, "edge"),
        ("portfolio_metrics_port", {}, "portfolio_metrics"),
        ("portfolio_metrics_port", {"replicas": 2}, "portfolio-2_metrics"),
        ("ml_port", {"replicas": 2}, "ml-2"),
        ("postgres_exporter_port", {"monitoring": True}, "postgres_exporter"),
    ],
)
def test_the_variable_that_is_named_is_the_one_by_which_another_port_is_given(patient, taken, wanted, given, name):
    port = taken - STRIDE if name.partition("_")[0].endswith("-2") else taken
    (found,) = wrong(ports.ports(wishing(patient, **{wanted: port}, **given)))
    assert f"{taken}, for {name}," in found.detail
    assert f" QPO_STACK_{wanted.upper()};" in found.fix


def test_free_ports_are_fine(patient, unused):
    assert verdicts(ports.ports(wishing(patient, edge_port=unused))) == ["fine"]


def of(running, port, pid):
    part = PartStatus("portfolio", State.READY, f"127.0.0.1:{port}", pid=pid)
    return running(addresses=Addresses("127.0.0.1", {"portfolio": port}), parts=(part,))


def test_a_port_that_its_own_part_has_is_fine(running, taken):
    assert verdicts(ports.ports(of(running, taken, os.getpid()))) == ["fine"]


def test_a_port_that_a_stranger_took_from_a_part_that_runs_is_wrong(running, taken):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as part:
        (found,) = wrong(ports.ports(of(running, taken, part.pid)))
    assert f"pid {os.getpid()}" in found.detail


def test_a_port_that_nobody_answers_any_more_is_wrong(running, unused):
    (found,) = wrong(ports.ports(of(running, unused, os.getpid())))
    assert "held by nobody" in found.detail
    assert "qpo restart portfolio" in found.fix
