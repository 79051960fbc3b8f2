"""auth's calls over REST: accounts, tokens, and the audit trail of everything."""

import asyncio
import base64
import json
from ipaddress import ip_address
from uuid import uuid4

import asyncpg
import httpx
from pyotp import TOTP

from tests.mesh.rest import PASSWORD, User, answered, first_line
from tests.mesh.twins.mesh import await_true

SECOND_FACTOR = "/api/v1/auth/second-factor"
KEYS = "/api/v1/auth/keys"


def register(me, admin):
    body = answered(me.rest.post("/api/v1/auth/register", json={"email": f"x{me.email}", "password": PASSWORD}))
    assert body["user"]["roles"] == ["ROLE_USER"]


def login(me, admin):
    tokens = me.log_in()
    assert tokens["token_type"] == "Bearer"
    assert 0 < tokens["expires_in"] <= 900


def refresh(me, admin):
    old = me.log_in()
    new = answered(me.rest.post("/api/v1/auth/refresh", json={"refresh_token": old["refresh_token"]}))["tokens"]
    assert new["refresh_token"] != old["refresh_token"]


def logout(me, admin):
    old = me.log_in()
    assert answered(me.rest.post("/api/v1/auth/logout", json={"refresh_token": old["refresh_token"]})) == {}


def who_am_i(me, admin):
    body = answered(me.rest.get("/api/v1/auth/me"))
    assert body["user"]["email"] == me.email
    assert "read:portfolio" in body["scopes"]


def jwks(path):
    def check(me, admin):
        with httpx.Client(base_url=me.edge_url, trust_env=False) as anyone:
            key = answered(anyone.get(path))["keys"][0]
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")

    return check


def update_role(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/users/{other.user_id}/role"
    assert answered(admin.rest.put(path, json={"role": "ROLE_ADVISOR"}))["user"]["roles"] == ["ROLE_ADVISOR"]


def logout_everywhere(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/users/{other.user_id}/logout"
    assert me.rest.post(path, json={}).status_code == 403
    assert answered(other.rest.post(path, json={})) == {}
    refused = other.rest.post(path, json={})
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (401, "TOKEN_SUPERSEDED")


def delete_user(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/users/{other.user_id}"
    assert me.rest.delete(path).status_code == 403
    assert answered(other.rest.delete(path)) == {}
    assert other.rest.get("/api/v1/auth/me").status_code == 404


def unlock_user(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/users/{other.user_id}/unlock"
    assert other.rest.post(path, json={}).status_code == 403
    assert answered(admin.rest.post(path, json={})) == {}


def list_users(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    [found] = answered(admin.rest.get("/api/v1/users", params={"email": other.email}))["users"]
    assert found["id"] == other.user_id
    assert me.rest.get("/api/v1/users").status_code == 403


def get_user(me, admin):
    assert answered(admin.rest.get(f"/api/v1/users/{me.user_id}"))["user"]["email"] == me.email


def disable_user(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/users/{other.user_id}/disable"
    assert other.rest.post(path, json={}).status_code == 403
    assert answered(admin.rest.post(path, json={}))["user"]["disabled_at"]
    with httpx.Client(base_url=me.edge_url, trust_env=False) as door:
        refused = door.post("/api/v1/auth/login", json={"email": other.email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (403, "ACCOUNT_DISABLED")


def enable_user(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    assert answered(admin.rest.post(f"/api/v1/users/{other.user_id}/disable", json={}))
    enabled = answered(admin.rest.post(f"/api/v1/users/{other.user_id}/enable", json={}))
    assert not enabled["user"].get("disabled_at")
    assert other.log_in()["access_token"]


def begun(me):
    """Somebody, and the app that has their secret."""
    other = User(me.edge_url, me.edge_address).register()
    answer = answered(other.rest.post(SECOND_FACTOR, json={"password": PASSWORD}))
    return other, TOTP(answer["secret"]), answer["uri"]


def confirmed(me):
    """Somebody with a second factor, and their recovery codes."""
    other, app, _ = begun(me)
    return other, answered(other.rest.post(f"{SECOND_FACTOR}/confirm", json={"code": app.now()}))["recovery_codes"]


def begin_second_factor(me, admin):
    _, app, uri = begun(me)
    assert uri.startswith("otpauth://totp/QPO:")
    assert app.secret in uri


def confirm_second_factor(me, admin):
    other, [recovery, *_] = confirmed(me)
    credentials = {"email": other.email, "password": PASSWORD}
    with httpx.Client(base_url=me.edge_url, trust_env=False) as door:
        refused = door.post("/api/v1/auth/login", json=credentials)
        assert (refused.status_code, refused.json()["details"][0]["reason"]) == (401, "SECOND_FACTOR_REQUIRED")
        answered(door.post("/api/v1/auth/login", json=credentials | {"code": recovery}))


def remove_second_factor(me, admin):
    other, [recovery, *_] = confirmed(me)
    removing = {"password": PASSWORD, "code": recovery}
    assert answered(other.rest.post(f"{SECOND_FACTOR}/remove", json=removing)) == {}
    assert other.log_in()["access_token"]


def keyed(me):
    """Somebody, and a key of theirs."""
    other = User(me.edge_url, me.edge_address).register()
    asked = {"name": "nightly", "scopes": ["read:portfolio"], "valid_days": 30, "password": PASSWORD}
    return other, answered(other.rest.post(KEYS, json=asked))


def exchange(me, key):
    with httpx.Client(base_url=me.edge_url, trust_env=False) as door:
        return door.post("/api/v1/auth/token", json={"key": key})


def create_api_key(me, admin):
    """Its token counts at every service, for what the key may and no more."""
    _, made = keyed(me)
    assert made["key"].startswith("qpo_")
    given = answered(exchange(me, made["key"]))
    headers = {"authorization": f"Bearer {given['access_token']}"}
    with httpx.Client(base_url=me.edge_url, headers=headers, trust_env=False) as machine:
        assert answered(machine.get("/api/v1/portfolios"))["portfolios"] == []
        refused = machine.post("/api/v1/portfolios", json={"name": "Mine"})
        assert (refused.status_code, refused.json()["details"][0]["reason"]) == (403, "SCOPE_MISSING")
        refused = machine.get(KEYS)
        assert (refused.status_code, refused.json()["details"][0]["reason"]) == (403, "LOGIN_REQUIRED")


def list_api_keys(me, admin):
    other, made = keyed(me)
    assert answered(other.rest.get(KEYS))["api_keys"] == [made["api_key"]]


def delete_api_key(me, admin):
    other, made = keyed(me)
    assert answered(other.rest.delete(f"{KEYS}/{made['api_key']['id']}")) == {}
    refused = exchange(me, made["key"])
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (401, "API_KEY_INVALID")


def exchange_api_key(me, admin):
    refused = exchange(me, "qpo_typed")
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (400, "API_KEY_MISTYPED")
    _, made = keyed(me)
    assert answered(exchange(me, made["key"]))["scopes"] == ["read:portfolio"]


def reset_second_factor(me, admin):
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/users/{other.user_id}/second-factor/reset"
    assert other.rest.post(path, json={}).status_code == 403
    assert answered(admin.rest.post(path, json={})) == {}


def advised(me, admin):
    """A new advisor whom `me` trusts, and the path of their link."""
    other = User(me.edge_url, me.edge_address).register()
    path = f"/api/v1/advisors/{other.user_id}/clients/{me.user_id}"
    refused = admin.rest.put(path, json={})
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (400, "NOT_AN_ADVISOR")
    answered(admin.rest.put(f"/api/v1/users/{other.user_id}/role", json={"role": "ROLE_ADVISOR"}))
    other = User(me.edge_url, me.edge_address, other.email)  # whose token tells of the role
    assert other.rest.put(path, json={}).status_code == 403
    assert answered(admin.rest.put(path, json={}))["link"]["client_id"] == me.user_id
    return other, path


def link_advisor(me, admin):
    """The client's portfolios show within moments."""
    portfolio_id = me.new_portfolio()["id"]
    other, _ = advised(me, admin)
    found = f"/api/v1/portfolios/{portfolio_id}"
    await_true(lambda: other.rest.get(found).status_code == 200)
    listed = answered(other.rest.get("/api/v1/portfolios", params={"owner_id": me.user_id}))["portfolios"]
    assert portfolio_id in [each["id"] for each in listed]


def list_links(me, admin):
    other, _ = advised(me, admin)
    listed = answered(other.rest.get("/api/v1/links"))["links"]
    assert [(each["advisor_id"], each["client_id"]) for each in listed] == [(other.user_id, me.user_id)]


def end_link(me, admin):
    portfolio_id = me.new_portfolio()["id"]
    other, path = advised(me, admin)
    found = f"/api/v1/portfolios/{portfolio_id}"
    await_true(lambda: other.rest.get(found).status_code == 200)
    assert other.rest.delete(path).status_code == 403
    assert answered(admin.rest.delete(path))["link"]["valid_until"]
    await_true(lambda: other.rest.get(found).status_code == 404)


def exported(of, file):
    """The first lines that a service gives of what it keeps about `me`."""

    def check(me, admin):
        _ = me.new_portfolio(), me.new_job()
        chunk = first_line(me.rest, f"/api/v1/export/{of}")["chunk"]
        assert (chunk["file"], chunk["content_type"]) == (file, "application/x-ndjson")
        lines = base64.b64decode(chunk["data"]).decode().splitlines()
        assert [type(json.loads(line)) for line in lines] == [dict] * int(chunk["rows"])

    return check


def list_audit_events(me, admin):
    """What a user did shows within moments, whichever service told of it."""
    other = User(me.edge_url, me.edge_address).register().import_prices()
    made = other.new_portfolio()["id"]

    def shown():
        asked = {"user_id": other.user_id, "action": "AUDIT_ACTION_PORTFOLIO_CREATE"}
        return answered(admin.rest.get("/api/v1/audit/events", params=asked))["events"]

    await_true(shown)
    [event] = shown()
    assert (event["resource"], event["result"]) == (f"portfolio:{made}", "OK")
    # For the loopback's own address Envoy writes the machine's.
    assert not ip_address(event["ip_address"]).is_unspecified
    assert event["user_agent"].startswith("python-httpx/")
    assert me.rest.get("/api/v1/audit/events").status_code == 403

    assert other.rest.post("/api/v1/datasets/closes/feeds/stop", json={}).status_code == 403

    def refusals():
        asked = {"user_id": other.user_id, "action": "AUDIT_ACTION_CALL"}
        return answered(admin.rest.get("/api/v1/audit/events", params=asked))["events"]

    await_true(refusals)
    [refusal] = refusals()
    assert (refusal["method"], refusal["result"]) == ("/qpo.marketdata.v1.FeedService/StopFeed", "SCOPE_MISSING")
    assert refusal["ip_address"] == event["ip_address"]


def verify_audit(me, admin):
    with admin.rest.stream("GET", "/api/v1/audit/verification") as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        [*_, last] = [json.loads(line) for line in answer.iter_lines() if line]
    assert last["outcome"] == "AUDIT_OUTCOME_INTACT"
    assert last["verified"] > 0


def list_security_events(me, admin):
    """What one of all services suspects shows within moments, and is no reason to refuse the call."""
    other = User(me.edge_url, me.edge_address).register()
    other.rest.get("/api/v1/datasets/closes/sentiment", params={"symbols": "x' or '1'='1"})

    def shown():
        return answered(admin.rest.get("/api/v1/security/events", params={"user_id": other.user_id}))["events"]

    await_true(shown)
    [event] = shown()
    assert event["kind"] == "SECURITY_EVENT_KIND_SQL_INJECTION"
    assert "symbols[0]" in event["detail"]
    assert not ip_address(event["ip_address"]).is_unspecified
    assert me.rest.get("/api/v1/security/events").status_code == 403


def subscribe_security_events(me, admin):
    with admin.rest.stream("GET", "/api/v1/security/events/stream") as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        first = next(json.loads(line) for line in answer.iter_lines() if line)
    assert first["cursor"]


def get_security_policy(me, admin):
    policy = answered(admin.rest.get("/api/v1/security/policy"))["policy"]
    assert policy["anomaly_action"] == "SECURITY_ACTION_ALARM"


def update_security_policy(me, admin):
    asked = {"params": {"update_mask": "block_minutes"}, "json": {"block_minutes": 20}}
    assert answered(admin.rest.patch("/api/v1/security/policy", **asked))["policy"]["block_minutes"] == 20
    asked["json"] = {}
    assert answered(admin.rest.patch("/api/v1/security/policy", **asked))["policy"]["block_minutes"] == 15


def train_detector(me, admin):
    refused = admin.rest.post("/api/v1/security/detectors", json={})
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (400, "TOO_FEW_MINUTES")
    fewest = asyncio.run(use_for_hours(admin.postgres, 600))
    detector = answered(admin.rest.post("/api/v1/security/detectors", json={}))["detector"]
    most = asyncio.run(use_for_hours(admin.postgres, 0))
    assert detector["state"] == "DETECTOR_STATE_ACTIVE"
    # Those of the tests before it are learned too, once they are judged.
    assert 600 <= fewest <= detector["minutes"] <= most
    assert answered(admin.rest.get("/api/v1/security/detectors"))["detectors"] == [detector]


async def use_for_hours(postgres, minutes):
    """Writes down the use of somebody who calls much alike, judged already; how many minutes are judged then."""
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(
            "INSERT INTO auth.usage_minutes (user_id, minute, calls, refused, invalid, not_found, writes, bytes_in,"
            " methods, addresses, logins, refusals, admin_actions, scored_at)"
            " SELECT $1, date_trunc('minute', now()) - make_interval(mins => n), 20 + n % 7, 0, n % 3, n % 2, n % 5,"
            " 2000 + n % 101, ARRAY[1, 2, 3], ARRAY[1], 1, 0, 0, now() FROM generate_series(1, $2::integer) AS n",
            str(uuid4()),
            minutes,
        )
        return await connection.fetchval("SELECT count(*) FROM auth.usage_minutes WHERE scored_at IS NOT NULL")
    finally:
        await connection.close()


def list_detectors(me, admin):
    assert "detectors" in answered(admin.rest.get("/api/v1/security/detectors"))


AUTH_CALLS = {
    ("POST", "/api/v1/auth/register"): register,
    ("POST", "/api/v1/auth/login"): login,
    ("POST", "/api/v1/auth/refresh"): refresh,
    ("POST", "/api/v1/auth/logout"): logout,
    ("GET", "/api/v1/auth/me"): who_am_i,
    ("GET", "/api/v1/auth/jwks"): jwks("/api/v1/auth/jwks"),
    ("GET", "/.well-known/jwks.json"): jwks("/.well-known/jwks.json"),
    ("PUT", "/api/v1/users/{user_id}/role"): update_role,
    ("POST", "/api/v1/users/{user_id}/logout"): logout_everywhere,
    ("POST", "/api/v1/users/{user_id}/unlock"): unlock_user,
    ("DELETE", "/api/v1/users/{user_id}"): delete_user,
    ("GET", "/api/v1/users"): list_users,
    ("GET", "/api/v1/users/{user_id}"): get_user,
    ("POST", "/api/v1/users/{user_id}/disable"): disable_user,
    ("POST", "/api/v1/users/{user_id}/enable"): enable_user,
    ("POST", KEYS): create_api_key,
    ("GET", KEYS): list_api_keys,
    ("DELETE", f"{KEYS}/{{key_id}}"): delete_api_key,
    ("POST", "/api/v1/auth/token"): exchange_api_key,
    ("POST", SECOND_FACTOR): begin_second_factor,
    ("POST", f"{SECOND_FACTOR}/confirm"): confirm_second_factor,
    ("POST", f"{SECOND_FACTOR}/remove"): remove_second_factor,
    ("POST", "/api/v1/users/{user_id}/second-factor/reset"): reset_second_factor,
    ("PUT", "/api/v1/advisors/{advisor_id}/clients/{client_id}"): link_advisor,
    ("DELETE", "/api/v1/advisors/{advisor_id}/clients/{client_id}"): end_link,
    ("GET", "/api/v1/links"): list_links,
    ("GET", "/api/v1/export/account"): exported("account", "account.ndjson"),
    ("GET", "/api/v1/export/portfolios"): exported("portfolios", "portfolios.ndjson"),
    ("GET", "/api/v1/export/optimizations"): exported("optimizations", "optimizations.ndjson"),
    ("GET", "/api/v1/export/marketdata"): exported("marketdata", "datasets.ndjson"),
    ("GET", "/api/v1/audit/events"): list_audit_events,
    ("GET", "/api/v1/audit/verification"): verify_audit,
    ("GET", "/api/v1/security/events"): list_security_events,
    ("GET", "/api/v1/security/events/stream"): subscribe_security_events,
    ("GET", "/api/v1/security/policy"): get_security_policy,
    ("PATCH", "/api/v1/security/policy"): update_security_policy,
    ("POST", "/api/v1/security/detectors"): train_detector,
    ("GET", "/api/v1/security/detectors"): list_detectors,
}
