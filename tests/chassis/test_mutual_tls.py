import asyncio
import datetime
import json
import socket
import ssl
from contextlib import suppress
from functools import partial

import grpc
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.channel import open_channel
from chassis.identity import Peer
from chassis.serve import Server
from tests.chassis.gadget import Workshop, gadget, raw, streamed, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures import hello
from tests.fixtures.logs import captured
from tests.fixtures.serving import service_settings

# The workshop is served as portfolio, and may be called by these.
CALLERS = {
    "edge": ["/qpo.gadget.*", "/grpc.health.v1.Health/*"],
    "optimizer": ["/qpo.gadget.v1.GadgetService/ReadGadget"],
    "stack": ["/grpc.*"],
}


def secure(certificates, name="portfolio", **changes):
    identity = certificates.identity(name)
    told = {"tls_identity_file": identity.file, "tls_authority_file": identity.authority, "tls_callers": CALLERS}
    return service_settings(**(told | changes))


@pytest.fixture
async def served(tokens):
    """Serves a workshop with these certificates; returns its port."""
    servers = []

    async def serve(certificates, name="portfolio", servicer=None):
        server = Server(secure(certificates, name), [workshop(servicer or Workshop())], tokens.keys)
        servers.append(server)
        port = await server.start()
        await server.open()
        return port

    yield serve
    for server in servers:
        await server.stop(0)


@pytest.fixture
def maker(tokens):
    """A token for every method of the workshop."""
    return tokens.metadata(scopes=["write:gadget"])


def dial(port, credentials, host="portfolio.qpo.local"):
    options = [("grpc.ssl_target_name_override", host)]
    return grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options)


def expired(certificates):
    certificates.issue("edge", ago=datetime.timedelta(hours=24, minutes=2))
    return certificates.credentials("edge")


# What a client shows, and what becomes of its call of ReadGadget and MakeGadget.
SHOWN = {
    "nothing": lambda good, _, __: grpc.ssl_channel_credentials(good.authority.read_bytes()),
    "another authority's certificate": lambda good, strange, _: strange.credentials("edge", trusting=good),
    "an expired certificate": lambda _, __, own: expired(own),
}


@pytest.mark.parametrize("shown", SHOWN)
async def test_no_connection_is_made_with(served, replaceable, strangers, shown):
    port = await served(replaceable)
    async with dial(port, SHOWN[shown](replaceable, strangers, replaceable)) as channel:
        refusal = await refused(unary(channel, "ReadGadget")(gadget(), timeout=5))
    assert refusal.code is StatusCode.UNAVAILABLE


async def test_clear_text_is_not_answered(served, certificates):
    port = await served(certificates)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        refusal = await refused(unary(channel, "ReadGadget")(gadget(), timeout=5))
    assert refusal.code is StatusCode.UNAVAILABLE


async def test_whoever_calls_it_may(served, certificates, maker):
    port = await served(certificates)
    async with dial(port, certificates.credentials("edge")) as channel:
        assert await unary(channel)(gadget(), metadata=maker) == gadget()
        assert await unary(channel, "ReadGadget")(gadget()) == gadget()
    async with dial(port, certificates.credentials("optimizer")) as channel:
        assert await unary(channel, "ReadGadget")(gadget()) == gadget()


@pytest.mark.parametrize("name", ["ml", "marketdata", "auth", "portfolio", "stack"])
async def test_a_service_that_does_not_call_it_is_refused_even_with_the_best_of_tokens(
    served, certificates, maker, name
):
    port = await served(certificates)
    async with dial(port, certificates.credentials(name)) as channel:
        for method in ("MakeGadget", "ReadGadget"):
            refusal = await refused(unary(channel, method)(gadget(), metadata=maker))
            assert (refusal.code, refusal.reason) == (StatusCode.PERMISSION_DENIED, "")
        stream = streamed(channel)(gadget(), metadata=maker)
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await stream.read()
    assert cut.value.code() is StatusCode.PERMISSION_DENIED


async def test_a_caller_of_one_method_may_not_call_another(served, certificates, maker):
    port = await served(certificates)
    async with dial(port, certificates.credentials("optimizer")) as channel:
        refusal = await refused(unary(channel)(gadget(), metadata=maker))
    assert refusal.code is StatusCode.PERMISSION_DENIED


async def test_who_may_not_call_is_refused_before_the_message_is_read(served, certificates):
    port = await served(certificates)
    async with dial(port, certificates.credentials("ml")) as channel:
        refusal = await refused(raw(channel, "ReadGadget")(b"\xff\xff"))
    assert refusal.code is StatusCode.PERMISSION_DENIED


async def test_a_caller_still_needs_a_token(served, certificates):
    port = await served(certificates)
    async with dial(port, certificates.credentials("edge")) as channel:
        assert (await refused(unary(channel)(gadget()))).code is StatusCode.UNAUTHENTICATED


async def test_health_and_insight_are_for_those_who_look_after_it(served, certificates):
    port = await served(certificates)
    question = health_pb2.HealthCheckRequest()
    for name in ("edge", "stack"):
        async with dial(port, certificates.credentials(name)) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            assert (await health.Check(question)).status == health_pb2.HealthCheckResponse.SERVING
            assert (await health.Watch(question).read()).status == health_pb2.HealthCheckResponse.SERVING
    async with dial(port, certificates.credentials("ml")) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        assert (await refused(health.Check(question))).code is StatusCode.PERMISSION_DENIED
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await health.Watch(question).read()
        assert cut.value.code() is StatusCode.PERMISSION_DENIED


async def ended(stream):
    """How a stream ends, whatever it brings before."""
    with suppress(grpc.aio.AioRpcError):
        async for _ in stream:
            pass
    return await stream.code()


@pytest.mark.parametrize(("name", "code"), [("stack", StatusCode.OK), ("edge", StatusCode.PERMISSION_DENIED)])
async def test_the_contracts_and_connections_are_told_to_the_owner_alone(served, certificates, name, code):
    port = await served(certificates)
    async with dial(port, certificates.credentials(name)) as channel:
        contracts = channel.unary_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")(b"")
        assert await ended(contracts) is code
        connections = channel.unary_unary("/grpc.channelz.v1.Channelz/GetServers")(b"")
        assert await connections.code() is code


async def test_the_log_says_which_service_called(served, certificates):
    port = await served(certificates)
    with captured() as lines:
        async with dial(port, certificates.credentials("optimizer")) as channel:
            await unary(channel, "ReadGadget")(gadget())
    assert [line.get("caller") for line in lines if line["event"] == "call"] == ["optimizer"]


async def test_in_clear_text_nobody_is_asked_for_a_certificate(serve_in_process):
    assert await unary(await serve_in_process(workshop(Workshop())), "ReadGadget")(gadget()) == gadget()


async def test_a_channel_believes_the_service_that_it_calls_and_no_other(served, certificates):
    caller = certificates.identity("optimizer")
    right = f"127.0.0.1:{await served(certificates)}"
    wrong = f"127.0.0.1:{await served(certificates, 'ml')}"
    async with open_channel(right, Peer(caller, "portfolio")) as channel:
        assert await unary(channel, "ReadGadget")(gadget()) == gadget()
    async with open_channel(wrong, Peer(caller, "portfolio")) as channel:
        assert (await refused(unary(channel, "ReadGadget")(gadget()))).code is StatusCode.UNAVAILABLE


async def test_a_channel_does_not_speak_to_a_stranger_nor_in_clear_text(
    served, certificates, strangers, serve_in_process
):
    caller = certificates.identity("optimizer")
    async with open_channel(f"127.0.0.1:{await served(strangers)}", Peer(caller, "portfolio")) as channel:
        assert (await refused(unary(channel, "ReadGadget")(gadget()))).code is StatusCode.UNAVAILABLE


def serial(port, certificates):
    """The number of the certificate that a new connection is shown."""
    context = ssl.create_default_context(cafile=certificates.authority)
    context.load_cert_chain(certificates.identity("edge").file)
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", port)) as bare, context.wrap_socket(bare) as shown:
        return shown.getpeercert()["serialNumber"]


async def test_a_certificate_that_was_replaced_is_used_from_the_next_connection_on(served, replaceable):
    port = await served(replaceable)
    before = await asyncio.to_thread(serial, port, replaceable)
    assert await asyncio.to_thread(serial, port, replaceable) == before
    replaceable.issue("portfolio")
    assert await asyncio.to_thread(serial, port, replaceable) != before


async def test_a_channel_goes_on_with_the_certificate_that_replaced_its_own(served, replaceable, monkeypatch):
    monkeypatch.setattr("chassis.channel._LOOK", 0.0)
    entered, may_go_on = asyncio.Event(), asyncio.Event()

    async def answer(request):
        if request.name == "held":
            entered.set()
            await may_go_on.wait()
        return request

    port = await served(replaceable, servicer=Workshop(answer))
    async with open_channel(f"127.0.0.1:{port}", Peer(replaceable.identity("optimizer"), "portfolio")) as channel:
        call = unary(channel, "ReadGadget")
        held = asyncio.ensure_future(call(gadget("held")))
        await entered.wait()
        before = channel._way.channel
        replaceable.issue("optimizer")
        assert await call(gadget("next")) == gadget("next")
        assert channel._way.channel is not before
        may_go_on.set()
        assert await held == gadget("held")


async def test_without_its_file_a_channel_goes_on_as_it_is(served, replaceable, monkeypatch):
    monkeypatch.setattr("chassis.channel._LOOK", 0.0)
    port, identity = await served(replaceable), replaceable.identity("optimizer")
    async with open_channel(f"127.0.0.1:{port}", Peer(identity, "portfolio")) as channel:
        identity.file.unlink()
        assert await unary(channel, "ReadGadget")(gadget()) == gadget()


@pytest.mark.parametrize("missing", ["tls_identity_file", "tls_authority_file", "tls_callers"])
def test_half_of_the_settings_is_refused_and_not_taken_for_none(certificates, missing):
    identity = certificates.identity("portfolio")
    told = {"tls_identity_file": identity.file, "tls_authority_file": identity.authority, "tls_callers": CALLERS}
    del told[missing]
    with pytest.raises(ValueError, match="TLS_IDENTITY_FILE"):
        service_settings(**told)


def test_a_certificate_that_is_not_there_is_told_at_the_start(certificates):
    with pytest.raises(ValueError, match="no such file"):
        secure(certificates, tls_identity_file=certificates.folder / "nobody.pem")


def test_who_may_call_comes_from_the_environment_as_json(certificates, monkeypatch):
    monkeypatch.setenv("TLS_CALLERS", json.dumps(CALLERS))
    settings = service_settings(
        tls_identity_file=certificates.identity("ml").file, tls_authority_file=certificates.authority
    )
    assert settings.tls_callers["optimizer"] == ("/qpo.gadget.v1.GadgetService/ReadGadget",)


async def test_older_than_tls_1_2_a_connection_is_not(served, certificates):
    port = await served(certificates)
    agreed = partial(asyncio.to_thread, hello.agreed, port)
    assert await agreed([hello.AES_256]) == hello.AES_256
    # gRPC's Python has no setting for it: who wants 1.2 gets it, and needs a certificate as everybody.
    assert await agreed([hello.ECDHE_ECDSA_AES_256], hello.TLS_1_2) == hello.ECDHE_ECDSA_AES_256
    with pytest.raises(hello.Refused):
        await agreed([hello.ECDHE_ECDSA_AES_256_CBC], hello.TLS_1_1)


async def test_who_is_told_of_it_when_a_peer_refuses_our_certificate(served, certificates, serve_in_process, maker):
    address = f"127.0.0.1:{await served(certificates)}"
    async with open_channel(address, Peer(certificates.identity("ml"), "portfolio")) as peer:
        call = unary(await serve_in_process(workshop(Workshop(unary(peer, "ReadGadget")))))
        refusal = await refused(call(gadget(), metadata=maker))
    # Whose fault it is: not the caller's, whose token is good.
    assert (refusal.code, refusal.message) == (StatusCode.INTERNAL, "internal error")
