import json
import stat

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.api_jwk import PyJWK

from chassis import key_files
from chassis.authentication import Authenticator
from chassis.errors import Unauthenticated
from chassis.key_files import KeyFileExposed
from chassis.keys import StaticKeys
from services.auth.adapters.signing_keys_files import NEXT, PREVIOUS, SIGNING, NotASigningKey, new_key, signer_from
from services.auth.adapters.tokens_jwt import thumbprint
from services.auth.domain.claims import claims_for
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


def claims(**changes):
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    user = newcomer("01987f6c-0000-7000-8000-000000000001", "ann@example.com", Role.ADVISOR, now)
    given = {"issuer": "https://auth.qpo", "audience": "qpo", "token_id": "a-token", "now": now}
    return claims_for(user, ("pwd",), **(given | changes))


def verifier(signer):
    return Authenticator(StaticKeys(signer.verification_keys()), "https://auth.qpo", "qpo")


def test_the_first_start_makes_a_key_that_its_owner_alone_can_read(folder):
    signer_from(folder)
    assert stat.S_IMODE((folder / SIGNING).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [SIGNING]


def test_the_next_start_signs_with_the_same_key(folder):
    assert signer_from(folder).public_keys() == signer_from(folder).public_keys()


async def test_the_chassis_takes_what_auth_signs(folder):
    signer = signer_from(folder)
    made = claims()
    principal = await verifier(signer).principal(signer.sign(made))
    assert (principal.user_id, principal.tenant_id, principal.token_id) == (made.sub, made.tid, made.jti)
    assert (principal.roles, principal.scopes) == ({"advisor"}, set(made.scopes))
    assert (principal.tier, principal.expires_at) == ("free", made.exp)


async def test_another_installations_token_is_not_taken(folder, tmp_path):
    with pytest.raises(Unauthenticated):
        await verifier(signer_from(folder)).principal(signer_from(tmp_path / "elsewhere").sign(claims()))


def test_the_header_names_type_algorithm_and_key(folder):
    signer = signer_from(folder)
    header = jwt.get_unverified_header(signer.sign(claims()))
    assert header == {"typ": "at+jwt", "alg": "EdDSA", "kid": signer.public_keys()[0].kid}


def test_the_body_holds_the_decided_claims_and_no_other(folder):
    body = jwt.decode(signer_from(folder).sign(claims()), options={"verify_signature": False})
    decided = "iss aud sub tid roles scopes tier ver amr jti iat exp"
    assert set(body) == set(decided.split())
    assert isinstance(body["scopes"], list)


def test_a_keys_name_is_its_rfc_7638_thumbprint():
    # The key of RFC 8037 appendix A, whose thumbprint appendix A.3 states.
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(PyJWK(jwk, algorithm="EdDSA").key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


async def test_a_rotation_publishes_two_keys_and_every_token_stays_good(folder):
    before = signer_from(folder)
    key_files.write_once(folder / NEXT, new_key())
    announced = signer_from(folder)
    (folder / SIGNING).rename(folder / PREVIOUS)
    (folder / NEXT).rename(folder / SIGNING)
    after = signer_from(folder)
    assert announced.public_keys() == after.public_keys()
    assert [len(signer.public_keys()) for signer in (before, announced, after)] == [1, 2, 2]
    for signer, other in ((before, announced), (announced, after), (after, announced), (before, after)):
        assert await verifier(other).principal(signer.sign(claims()))
    assert jwt.get_unverified_header(after.sign(claims()))["kid"] == after.public_keys()[0].kid


def test_no_private_part_is_ever_shown(folder):
    signer = signer_from(folder)
    private = serialization.load_pem_private_key((folder / SIGNING).read_bytes(), None).private_bytes_raw()
    shown = json.dumps([[key.kid, key.x] for key in signer.public_keys()]) + repr(signer)
    assert private.hex() not in shown
    assert jwt.utils.base64url_encode(private).decode() not in shown


def test_a_key_that_others_can_read_is_refused_by_name(folder):
    signer_from(folder)
    (folder / SIGNING).chmod(0o604)
    with pytest.raises(KeyFileExposed, match=SIGNING):
        signer_from(folder)


def test_what_is_no_ed25519_key_is_refused_by_name(folder):
    folder.mkdir()
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"no key at all", other):
        (folder / SIGNING).write_bytes(content)
        (folder / SIGNING).chmod(0o600)
        with pytest.raises(NotASigningKey, match=SIGNING):
            signer_from(folder)


def test_of_two_processes_that_make_a_key_the_first_wins(folder):
    key_files.write_once(folder / "a.key", b"first")
    key_files.write_once(folder / "a.key", b"second")
    assert key_files.read(folder / "a.key") == b"first"
    assert [path.name for path in folder.iterdir()] == ["a.key"]
