"""qpo.auth.v1.SecondFactorService over a real server and a real PostgreSQL, with codes as an app makes them."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field

import grpc
import pytest
from pyotp import TOTP
from qpo.auth.v1 import audit_service_pb2 as audit_pb
from qpo.auth.v1 import second_factor_service_pb2 as pb
from qpo.auth.v1 import user_service_pb2 as users_pb
from qpo.auth.v1.second_factor_service_pb2_grpc import SecondFactorServiceStub
from qpo.auth.v1.user_service_pb2_grpc import UserServiceStub

from tests.fixtures.auth import EMAIL, PASSWORD, Refusal, bearer, claims_of, refused


@dataclass
class App:
    """An authenticator app that shows no code twice: the present one, and then the next, which counts already."""

    secret: str
    _shown: int = field(default=0)

    def code(self):
        totp = TOTP(self.secret)
        self._shown = max(totp.timecode(time.time()), self._shown + 1)
        return totp.generate_otp(self._shown)


@dataclass
class Account:
    """Somebody who is logged in."""

    stub: SecondFactorServiceStub
    token: str
    user_id: str

    async def begin(self, password=PASSWORD):
        return await self.stub.BeginSecondFactor(
            pb.BeginSecondFactorRequest(password=password), metadata=bearer(self.token)
        )

    async def confirm(self, code):
        request = pb.ConfirmSecondFactorRequest(code=code)
        return (await self.stub.ConfirmSecondFactor(request, metadata=bearer(self.token))).recovery_codes

    async def remove(self, code, password=PASSWORD):
        request = pb.RemoveSecondFactorRequest(password=password, code=code)
        await self.stub.RemoveSecondFactor(request, metadata=bearer(self.token))

    async def guarded(self):
        """Its app, and its recovery codes."""
        app = App((await self.begin()).secret)
        return app, await self.confirm(app.code())


@pytest.fixture
async def ann(auth):
    user = await auth.register()
    return Account(SecondFactorServiceStub(auth.channel), (await auth.login()).access_token, user.id)


async def test_a_second_factor_is_begun_confirmed_wanted_and_removed(auth, ann):
    begun = await ann.begin()
    assert begun.uri.startswith("otpauth://totp/QPO:ann%40example.com?secret=" + begun.secret)
    assert await auth.login()
    app = App(begun.secret)
    recovery = await ann.confirm(app.code())
    assert len(set(recovery)) == 10
    refusal = await refused(auth.login())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SECOND_FACTOR_REQUIRED")
    tokens = await auth.login(code=app.code())
    assert claims_of(tokens.access_token)["amr"] == ["pwd", "otp"]
    assert claims_of((await auth.refresh(tokens.refresh_token)).access_token)["amr"] == ["pwd", "otp"]
    await ann.remove(recovery[0])
    assert claims_of((await auth.login()).access_token)["amr"] == ["pwd"]


async def test_a_code_counts_once_at_two_replicas_together(auth_database, serve_auth, auth, ann):
    app, _ = await ann.guarded()
    code = app.code()
    async with serve_auth(auth_database[1]) as other:
        calls = [each.login(code=code) for each in (auth, other) * 5]
        results = await asyncio.gather(*calls, return_exceptions=True)
    lost = [Refusal(result) for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert len(lost) == len(calls) - 1
    assert {(refusal.code, refusal.reason) for refusal in lost} == {
        (grpc.StatusCode.UNAUTHENTICATED, "SECOND_FACTOR_WRONG")
    }
    assert (await refused(auth.login(code=code))).reason == "SECOND_FACTOR_WRONG"


async def test_a_recovery_code_logs_in_once(auth, ann):
    _, [recovery, *_] = await ann.guarded()
    assert await auth.login(code=recovery.lower().replace("-", " "))
    assert (await refused(auth.login(code=recovery))).reason == "SECOND_FACTOR_WRONG"


async def test_what_a_login_answers_without_the_password_is_the_same_with_a_second_factor(auth, ann):
    before = await refused(auth.login(password="another password"))
    app, _ = await ann.guarded()
    for code in ("", "123456", app.code()):
        assert vars(await refused(auth.login(password="another password", code=code))) == vars(before)
    assert vars(await refused(auth.login("nobody@example.com", code="123456"))) == vars(before)


async def test_wrong_codes_close_the_account_as_wrong_passwords_do(auth_database, serve_auth):
    email = f"{uuid.uuid4().hex}@example.com"
    async with serve_auth(auth_database[1], attempts_per_account="6 per 15 minutes") as auth:
        await auth.register(email)
        account = Account(SecondFactorServiceStub(auth.channel), (await auth.login(email)).access_token, "")
        app, _ = await account.guarded()
        await auth.login(email, code=app.code())
        reasons = [(await refused(auth.login(email, code="WRONG-CODE"))).reason for _ in range(3)]
        reasons += [(await refused(auth.login(email))).reason for _ in range(3)]
        assert reasons == ["SECOND_FACTOR_WRONG"] * 3 + ["SECOND_FACTOR_REQUIRED"] * 3
        for call in (auth.login(email, code=app.code()), account.begin(), account.remove("123456")):
            assert (await refused(call)).reason == "TOO_MANY_ATTEMPTS"


async def test_the_password_is_asked_for_to_begin_and_to_remove(ann):
    assert (await refused(ann.begin("another password"))).reason == "BAD_CREDENTIALS"
    app, _ = await ann.guarded()
    assert (await refused(ann.remove(app.code(), "another password"))).reason == "BAD_CREDENTIALS"
    assert (await refused(ann.remove("WRONG-CODE"))).reason == "SECOND_FACTOR_WRONG"


async def test_what_is_on_is_not_begun_and_what_is_off_not_confirmed_or_removed(ann):
    for call in (ann.confirm("123456"), ann.remove("123456")):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SECOND_FACTOR_OFF")
    app, _ = await ann.guarded()
    for call in (ann.begin(), ann.confirm(app.code())):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SECOND_FACTOR_ON")


async def test_a_token_of_an_ended_session_changes_no_second_factor(auth, ann):
    await auth.logout_everywhere(ann.token, ann.user_id)
    for call in (ann.begin(), ann.confirm("123456"), ann.remove("123456")):
        assert (await refused(call)).reason == "TOKEN_SUPERSEDED"


async def test_a_request_against_the_contract_names_the_field(ann, auth):
    assert (await refused(ann.begin(""))).fields == ["password"]
    assert (await refused(ann.confirm("12345"))).fields == ["code"]
    assert (await refused(auth.login(code="1" * 65))).fields == ["code"]


async def test_an_administrator_resets_what_was_lost_but_not_their_own(auth, ann):
    root, users = await auth.administrator(), UserServiceStub(auth.channel)
    await ann.guarded()

    async def reset(user_id, token=root):
        await users.ResetSecondFactor(users_pb.ResetSecondFactorRequest(user_id=user_id), metadata=bearer(token))

    assert (await refused(reset(ann.user_id, ann.token))).reason == "SCOPE_MISSING"
    for _ in range(2):
        await reset(ann.user_id.upper())
    assert await auth.login()
    own = await refused(reset(claims_of(root)["sub"]))
    assert (own.code, own.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "OWN_ACCOUNT")
    assert (await refused(reset(str(uuid.uuid4())))).reason == "USER_NOT_FOUND"
    assert (await refused(reset("no uuid"))).fields == ["user_id"]


async def test_all_of_it_is_written_down(auth, clean_trail):
    root, user = await auth.administrator(), await auth.register()
    ann = Account(SecondFactorServiceStub(auth.channel), (await auth.login()).access_token, user.id)
    await refused(ann.begin("another password"))
    app, [recovery, *_] = await ann.guarded()
    await refused(auth.login())
    await refused(auth.login(code="WRONG-CODE"))
    await auth.login(code=recovery)
    await ann.remove(app.code())
    await ann.guarded()
    reset = users_pb.ResetSecondFactorRequest(user_id=user.id)
    await UserServiceStub(auth.channel).ResetSecondFactor(reset, metadata=bearer(root))
    while await auth.audit.chain():
        continue
    listed = await auth.trail.ListAuditEvents(audit_pb.ListAuditEventsRequest(), metadata=bearer(root))
    about_ann = list(listed.events)[::-1][4:]
    assert [
        (audit_pb.AuditAction.Name(event.action).removeprefix("AUDIT_ACTION_"), event.result) for event in about_ann
    ] == [
        ("SECOND_FACTOR_ON", "BAD_CREDENTIALS"),
        ("SECOND_FACTOR_ON", "OK"),
        ("USER_LOGIN", "SECOND_FACTOR_REQUIRED"),
        ("USER_LOGIN", "SECOND_FACTOR_WRONG"),
        ("RECOVERY_CODE_USE", "OK"),
        ("USER_LOGIN", "OK"),
        ("SECOND_FACTOR_OFF", "OK"),
        ("SECOND_FACTOR_ON", "OK"),
        ("ADMIN_ACTION", "OK"),
    ]
    assert {event.resource for event in about_ann if event.result == "OK"} == {f"user:{user.id}"}
    assert about_ann[4].user_id == user.id
    assert EMAIL not in str(listed)
