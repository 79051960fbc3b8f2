import datetime
import ipaddress
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from stack.authority import Authority
from stack.identities import EDGE, NAMES, Identity
from stack.part import CannotStart

DAY = datetime.timedelta(hours=24)
NOON = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.UTC)


def certificate(folder, name):
    return x509.load_pem_x509_certificate(Identity(name, folder).file.read_bytes())


def alternatives(found):
    return found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


@pytest.fixture
def folder(tmp_path):
    Authority(tmp_path, DAY).issue(NAMES)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_certificate_names_one_spiffe_id_and_its_host(folder, name):
    names = alternatives(certificate(folder, name))
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://qpo.local/{name}"]
    assert f"{name}.qpo.local" in names.get_values_for_type(x509.DNSName)


def test_the_edges_certificate_alone_names_this_machine(folder):
    assert alternatives(certificate(folder, EDGE)).get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("127.0.0.1"),
        ipaddress.ip_address("::1"),
    ]
    named = {
        name
        for name in NAMES
        if "localhost" in alternatives(certificate(folder, name)).get_values_for_type(x509.DNSName)
    }
    assert named == {EDGE}


def test_a_certificate_counts_for_its_life_and_is_to_be_renewed_after_two_thirds_of_it(tmp_path):
    again = Authority(tmp_path, DAY, lambda: NOON).issue(["ml"])
    found = certificate(tmp_path, "ml")
    assert again == NOON + datetime.timedelta(hours=16)
    assert found.not_valid_after_utc == NOON + DAY
    assert found.not_valid_before_utc <= NOON


def test_every_issue_makes_another_key_on_p_256(folder):
    before = certificate(folder, "ml")
    Authority(folder, DAY).issue(["ml"])
    after = certificate(folder, "ml")
    assert isinstance(after.public_key().curve, ec.SECP256R1)
    assert before.public_key() != after.public_key()
    assert before.serial_number != after.serial_number


def test_the_authority_stays_the_same_from_start_to_start(folder):
    before = (folder / "authority.pem").read_bytes()
    Authority(folder, DAY)
    assert (folder / "authority.pem").read_bytes() == before


def test_an_authority_that_is_about_to_end_gives_way_to_another(folder):
    before = (folder / "authority.pem").read_bytes()
    Authority(folder, DAY, lambda: datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3649))
    assert (folder / "authority.pem").read_bytes() != before


def test_a_damaged_authority_is_told_and_not_replaced_behind_ones_back(folder):
    (folder / "authority.key").write_text("damaged")
    with pytest.raises(CannotStart, match=r"authority\.key is damaged"):
        Authority(folder, DAY)
    assert (folder / "authority.key").read_text() == "damaged"


def test_only_the_owner_can_read_what_lies_there_and_no_draft_is_left(folder):
    files = list(folder.iterdir())
    assert {path.name for path in files} == {"authority.key", "authority.pem", *(f"{name}.pem" for name in NAMES)}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_whoever_trusts_the_authority_trusts_it_for_this_machine_and_for_nothing_else(folder):
    authority = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes())
    judge = PolicyBuilder().store(Store([authority]))
    judge.build_server_verifier(x509.DNSName("localhost")).verify(certificate(folder, EDGE), [])
    forged = forge(folder, "bank.example")
    with pytest.raises(VerificationError):
        judge.build_server_verifier(x509.DNSName("bank.example")).verify(forged, [])


def forge(folder, host):
    """A certificate that a thief of the authority's key would make."""
    thief, key = Authority(folder, DAY), ec.generate_private_key(ec.SECP256R1())
    stolen = thief._signed(key, Identity(EDGE, folder))
    builder = (
        x509.CertificateBuilder()
        .subject_name(stolen.subject)
        .issuer_name(stolen.issuer)
        .public_key(key.public_key())
        .serial_number(stolen.serial_number)
        .not_valid_before(stolen.not_valid_before_utc)
        .not_valid_after(stolen.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
    )
    for extension in stolen.extensions:
        if not isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(thief._key, SHA256())
