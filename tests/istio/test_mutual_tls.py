"""Who is let in by a sidecar at all, and whom a sidecar believes: what istiod makes of security/."""

import datetime

import grpc

from tests.istio.calls import GET, OPTIMIZE, Caller
from tests.istio.certificates import Authority, spiffe
from tests.istio.mesh import until

OK, UNAVAILABLE, DENIED = grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.PERMISSION_DENIED
HOUR = datetime.timedelta(hours=1)


async def test_a_caller_with_a_good_certificate_is_answered(running):
    credentials = running.mesh.authority.credentials(running.mesh.authority.proof(spiffe("edge")))
    async with Caller.past_sidecars(running.v1, credentials, running.tokens.mint()) as caller:
        answer = await caller.call(GET)
    assert (answer.code, answer.name) == (OK, "portfolio-v1")


async def test_clear_text_is_refused(running):
    async with Caller.past_sidecars(running.v1, None, running.tokens.mint()) as caller:
        answer = await caller.call(GET)
    assert (answer.code, answer.tries) == (UNAVAILABLE, 0)


async def test_a_certificate_of_another_authority_is_refused(running):
    authority = running.mesh.authority
    stranger = Authority().proof(spiffe("edge"))
    async with Caller.past_sidecars(running.v1, authority.credentials(stranger), running.tokens.mint()) as caller:
        assert (await caller.call(GET)).code is UNAVAILABLE


async def test_an_expired_certificate_is_refused(running):
    authority = running.mesh.authority
    expired = authority.proof(spiffe("edge"), -3 * HOUR, -HOUR)
    async with Caller.past_sidecars(running.v1, authority.credentials(expired), running.tokens.mint()) as caller:
        assert (await caller.call(GET)).code is UNAVAILABLE


async def test_an_identity_of_another_trust_domain_is_refused(running):
    authority = running.mesh.authority
    foreign = authority.proof(spiffe("edge", domain="elsewhere.local"))
    async with Caller.past_sidecars(running.v1, authority.credentials(foreign), running.tokens.mint()) as caller:
        assert (await caller.call(GET)).code is UNAVAILABLE


async def test_the_same_account_of_another_namespace_is_refused(running):
    authority = running.mesh.authority
    foreign = authority.proof(spiffe("edge", namespace="default"))
    async with Caller.past_sidecars(running.v1, authority.credentials(foreign), running.tokens.mint()) as caller:
        assert (await caller.call(GET)).code is DENIED


async def test_a_service_with_the_wrong_identity_is_not_called(running):
    mesh = running.mesh
    mesh.identify(running.impostor, mesh.authority.proof(spiffe("ml-service")))
    until("another identity", lambda: mesh.shows(running.impostor, spiffe("ml-service")))
    async with running.caller("optimizer") as caller:
        answer = await caller.call(OPTIMIZE)
        assert (answer.code, answer.tries) == (UNAVAILABLE, 0)
        mesh.identify(running.impostor)
        while (answer := await caller.call(OPTIMIZE)).code is UNAVAILABLE:
            assert answer.tries == 0
    assert (answer.code, answer.name) == (OK, running.impostor.name)
