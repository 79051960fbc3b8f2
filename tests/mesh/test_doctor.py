"""`qpo doctor` examines the real mesh, and finds what happens to it."""

import os
import signal

from stack.doctor import examine, examine_edge
from stack.doctor.finding import Verdict
from stack.settings import MeshSettings
from tests.mesh.twins.mesh import await_true

# They look at this machine, which may be full, or at what is in use by others.
OF_THE_MACHINE = {"disk", "memory", "files"}


def found(mesh):
    return examine(MeshSettings(state_dir=mesh.layout.root))


def wrong(findings):
    return [each for each in findings if each.verdict is Verdict.WRONG and each.check not in OF_THE_MACHINE]


def test_of_a_mesh_that_works_nothing_is_wrong_and_everything_was_asked(mesh):
    seen = found(mesh)
    assert wrong(seen) == []
    asked = {each.check for each in seen if each.verdict is not Verdict.UNKNOWN}
    assert asked >= {"contracts", "ports", "clocks", "migrations", "postgres", "redis", "secrets", "parts"}


def test_from_elsewhere_nothing_of_it_is_wrong_either(mesh):
    seen = examine_edge(mesh.edge_url)
    assert wrong(seen) == []
    assert {each.check for each in seen if each.verdict is Verdict.FINE} >= {"edge", "clocks", "contracts"}


def test_a_part_that_stands_still_is_found(mesh):
    stopped = next(part.pid for part in mesh.parts() if part.name == "ml")
    os.kill(stopped, signal.SIGSTOP)
    try:
        seen = found(mesh)
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert [each.detail for each in wrong(seen) if each.check == "parts" and each.detail.startswith("ml is failed")]
    await_true(lambda: wrong(found(mesh)) == [], 30)
