import asyncpg
import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from chassis import context
from chassis.errors import Answer, ErrorTable, InvalidRequest, PeerUnavailable
from chassis.idempotency import RequestIdReused
from chassis.paging import PageTokenInvalid
from tests.chassis.gadget import GadgetMissing, Workshop, gadget, raw, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.logs import captured

SECRET = "SELECT password FROM users -- /srv/secret.py"


def raising(error: BaseException) -> Workshop:
    async def fail(_):
        raise error

    return Workshop(fail)


def inner(code: StatusCode, reason: str = "") -> grpc.aio.AioRpcError:
    """A peer's refusal, with a reason of its contract if one is given."""
    status = status_pb2.Status(code=code.value[0], message=SECRET)
    if reason:
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason))
    told = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), told, SECRET)


async def test_an_unknown_error_tells_the_caller_nothing_but_where_to_look(serve_in_process, anyone, tokens):
    class HandwrittenSecretError(Exception):
        pass

    call = unary(await serve_in_process(workshop(raising(HandwrittenSecretError(SECRET)))))
    with captured() as logs, pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(gadget(), metadata=tokens.metadata(scopes=["write:gadget"]))
    error = caught.value
    everything = repr((error.details(), error.trailing_metadata(), error.initial_metadata()))
    assert error.code() is StatusCode.INTERNAL
    assert error.details() == "internal error"
    assert "SELECT" not in everything
    assert "Secret" not in everything
    lines = [line for line in logs if line["level"] == "error"]
    assert len(lines) == 1
    assert SECRET in lines[0]["exception"]


async def test_an_internal_error_carries_the_trace_id_of_its_line_in_the_log(serve_in_process, tokens):
    call = unary(await serve_in_process(workshop(raising(KeyError("x")))))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    metadata = (*tokens.metadata(scopes=["write:gadget"]), ("traceparent", f"00-{trace}-00f067aa0ba902b7-01"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(gadget(), metadata=metadata)
    assert trace.encode() in dict(caught.value.trailing_metadata())["grpc-status-details-bin"]


BODIES = [b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05abc", b"\x0a\x01\xc3", b"\x00" * 64, b"\x0c"]


@pytest.mark.parametrize("body", BODIES, ids=repr)
async def test_a_malformed_body_is_an_invalid_argument(serve_in_process, tokens, body):
    call = raw(await serve_in_process(workshop(Workshop())))
    refusal = await refused(call(body, metadata=tokens.metadata(scopes=["write:gadget"])))
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert "qpo.gadget.v1.Gadget" in refusal.message
    assert "DecodeError" not in refusal.message


async def test_a_stranger_does_not_learn_what_is_wrong_with_the_body(serve_in_process):
    refusal = await refused(raw(await serve_in_process(workshop(Workshop())))(b"\xff"))
    assert refusal.code is StatusCode.UNAUTHENTICATED


CASES = [
    (InvalidRequest([("a.b", "mend it")]), StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
    (PageTokenInvalid("x"), StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"),
    (RequestIdReused("x"), StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"),
    (PeerUnavailable(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (ConnectionRefusedError(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (ConnectionResetError(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (TimeoutError(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (asyncpg.ConnectionDoesNotExistError(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (asyncpg.CannotConnectNowError(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (asyncpg.AdminShutdownError(SECRET), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (asyncpg.InterfaceError("connection is closed"), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (asyncpg.InterfaceError(SECRET), StatusCode.INTERNAL, ""),
    # A connection whose server was killed between two statements.
    (
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        StatusCode.UNAVAILABLE,
        "PEER_UNAVAILABLE",
    ),
    (asyncpg.InternalClientError(SECRET), StatusCode.INTERNAL, ""),
    (asyncpg.UndefinedTableError(SECRET), StatusCode.INTERNAL, ""),
    (asyncpg.CharacterNotInRepertoireError(SECRET), StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
    (FileNotFoundError(SECRET), StatusCode.INTERNAL, ""),
    (inner(StatusCode.UNAVAILABLE), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (inner(StatusCode.RESOURCE_EXHAUSTED), StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"),
    (inner(StatusCode.DEADLINE_EXCEEDED), StatusCode.DEADLINE_EXCEEDED, ""),
    (inner(StatusCode.UNAUTHENTICATED), StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED"),
    (inner(StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"), StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
    (inner(StatusCode.PERMISSION_DENIED), StatusCode.INTERNAL, ""),
    (inner(StatusCode.INVALID_ARGUMENT), StatusCode.INTERNAL, ""),
    (inner(StatusCode.INTERNAL), StatusCode.INTERNAL, ""),
]


@pytest.mark.parametrize(("error", "code", "reason"), CASES, ids=lambda x: type(x).__name__)
async def test_what_all_services_share_is_told_alike_and_without_foreign_text(
    serve_in_process, tokens, error, code, reason
):
    call = unary(await serve_in_process(workshop(raising(error))))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])))
    assert (refusal.code, refusal.reason) == (code, reason)
    assert "SELECT" not in refusal.message


async def test_a_services_own_error_is_told_with_all_its_details(serve_in_process, tokens):
    def answer(error):
        return Answer(
            StatusCode.NOT_FOUND,
            "GADGET_MISSING",
            metadata={"name": str(error)},
            violations=[("name", "use another")],
            preconditions=[("STOCK", "g", "order it first")],
            retry_after=1.5,
        )

    service = workshop(raising(GadgetMissing("g")), ErrorTable("gadget.qpo", {GadgetMissing: answer}))
    call = unary(await serve_in_process(service))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])))
    assert (refusal.code, refusal.reason, refusal.domain) == (StatusCode.NOT_FOUND, "GADGET_MISSING", "gadget.qpo")
    assert refusal.message == "g"
    assert refusal.metadata == {"name": "g"}
    assert refusal.kinds == ["ErrorInfo", "BadRequest", "PreconditionFailure", "RetryInfo"]


def test_the_most_special_class_decides():
    class Broken(GadgetMissing):
        pass

    table = ErrorTable(
        "gadget.qpo",
        {
            GadgetMissing: lambda _: Answer(StatusCode.NOT_FOUND, "GADGET_MISSING"),
            Broken: lambda _: Answer(StatusCode.DATA_LOSS, "GADGET_BROKEN"),
        },
    )
    assert table.status(Broken("x")).code == StatusCode.DATA_LOSS.value[0]
    assert table.status(GadgetMissing("x")).code == StatusCode.NOT_FOUND.value[0]


def test_a_service_may_tell_a_shared_error_in_its_own_way():
    table = ErrorTable("g.qpo", {TimeoutError: lambda _: Answer(StatusCode.ABORTED, "TOO_SLOW")})
    assert table.status(TimeoutError()).code == StatusCode.ABORTED.value[0]


def test_a_status_stays_within_what_trailers_can_carry():
    many = InvalidRequest([(f"rows[{i}].{'x' * 500}", "y" * 500) for i in range(5000)])
    assert ErrorTable("g.qpo", {}).status(many).ByteSize() < 16_000


def test_the_first_violations_are_the_message():
    assert str(InvalidRequest([("a", "x"), ("", "y"), ("c", "z"), ("d", "w")])) == "a: x; y; c: z; and 1 more"


def test_when_to_try_again_is_told_to_the_millisecond():
    status = ErrorTable("g.qpo", {}).status(PeerUnavailable("x"))
    info = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.retry_delay.ToMilliseconds() == 1000


async def test_a_refusal_is_told_to_whoever_writes_it_down_with_whom_it_refused(serve_in_process, tokens):
    told = []

    async def write_down(method, answer):
        told.append((method.name, answer.reason, context.principal().user_id))

    call = unary(await serve_in_process(workshop(Workshop(), refused=write_down)))
    metadata = tokens.metadata("u-7", scopes=["read:gadget"])
    assert (await refused(call(gadget(), metadata=metadata))).reason == "SCOPE_MISSING"
    assert told == [("MakeGadget", "SCOPE_MISSING", "u-7")]


async def test_what_cannot_be_written_down_is_refused_all_the_same(serve_in_process, tokens):
    async def write_down(_method, _answer):
        raise ConnectionError(SECRET)

    call = unary(await serve_in_process(workshop(Workshop(), refused=write_down)))
    with captured() as logs:
        refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=["read:gadget"])))
    assert (refusal.code, refusal.reason) == (StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert SECRET not in refusal.message
    assert [line["event"] for line in logs if line["level"] == "error"] == ["refusal_not_written_down"]
