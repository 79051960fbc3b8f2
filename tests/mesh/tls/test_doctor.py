"""`qpo doctor` examines an encrypted mesh, and asks its services by its owner's certificate."""

from stack.doctor import examine, examine_edge
from stack.doctor.finding import Verdict
from stack.settings import MeshSettings
from tests.mesh.test_doctor import wrong


def fine(findings):
    return {each.check for each in findings if each.verdict is Verdict.FINE}


def test_of_an_encrypted_mesh_nothing_is_wrong_and_its_certificates_and_contracts_were_looked_at(mesh):
    seen = examine(MeshSettings(state_dir=mesh.layout.root))
    assert wrong(seen) == []
    assert fine(seen) >= {"certificates", "contracts", "clocks", "ports", "secrets", "parts"}


def test_from_elsewhere_its_edge_is_believed_by_whoever_was_told_of_its_authority_alone(mesh, own):
    seen = examine_edge(mesh.edge_url, own.authority)
    assert wrong(seen) == []
    assert fine(seen) >= {"edge", "certificates", "clocks", "contracts"}
    strangers = wrong(examine_edge(mesh.edge_url))
    assert [each.check for each in strangers] == ["certificates"]
    assert "--ca-file" in strangers[0].fix
