"""The world of auth in memory: every port, obeying the same truths as its adapter."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.auth.app.ports import PublicKey
from services.auth.domain.api_keys import MOST_KEYS, to_the_hour
from services.auth.domain.audit import Action
from services.auth.domain.errors import (
    AlreadyBootstrapped,
    ApiKeyNotFound,
    EmailTaken,
    Overloaded,
    RefreshTokenInvalid,
    SecondFactorOff,
    SecondFactorOn,
    TooManyApiKeys,
    TooManyAttempts,
    UserNotFound,
)
from services.auth.domain.refresh_tokens import (
    REFRESH_TOKEN_LIFETIME,
    Session,
    Verdict,
    fingerprint,
    judge,
    successor_of,
)
from services.auth.domain.roles import Role
from services.auth.domain.user import Credentials


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, moment=datetime(2026, 3, 1, 12, 0, tzinfo=UTC)):
        self.moment = moment

    def now(self):
        return self.moment

    def advance(self, **amount):
        self.moment += timedelta(**amount)


class CountedIds:
    """UUIDs that count: …0001, …0002."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self):
        return f"01987f6c-0000-7000-8000-{next(self._numbers):012x}"


class CountedTokens:
    """Opaque tokens that count."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self):
        return f"opaque-{next(self._numbers)}"

    def successor(self, token, request_id):
        return f"{token}>{request_id}"


class MemoryUsers:
    """Accounts in a dict."""

    def __init__(self):
        self._users, self._hashes = {}, {}

    async def add(self, user, password_hash):
        if any(each.email == user.email for each in self._users.values()):
            raise EmailTaken
        self._users[user.id], self._hashes[user.id] = user, password_hash

    async def add_first_admin(self, user, password_hash):
        if await self.has_admin():
            raise AlreadyBootstrapped
        await self.add(user, password_hash)

    async def get(self, user_id):
        if user_id not in self._users:
            raise UserNotFound
        return self._users[user_id]

    async def credentials(self, email):
        ids = (user.id for user in self._users.values() if user.email == email)
        return next((Credentials(user_id, self._hashes[user_id]) for user_id in ids), None)

    async def page(self, before, limit):
        users = sorted(self._users.values(), key=lambda user: user.id, reverse=True)
        return [user for user in users if before is None or user.id < before][:limit]

    async def give_role(self, user_id, role, now):
        return self._kept((await self.get(user_id)).with_role(role))

    async def disable(self, user_id, now):
        return self._kept((await self.get(user_id)).disabled(now))

    async def enable(self, user_id, now):
        return self._kept((await self.get(user_id)).enabled())

    async def end_sessions(self, user_id, now):
        self._kept((await self.get(user_id)).renewed())

    async def has_admin(self):
        return any(Role.ADMIN in user.roles for user in self._users.values())

    async def remove(self, user_id, now):
        await self.get(user_id)
        del self._users[user_id], self._hashes[user_id]

    def _kept(self, user):
        self._users[user.id] = user
        return user


class MemoryRefreshTokens:
    """Families in dicts."""

    def __init__(self):
        self._tokens, self._revoked = {}, {}

    async def start(self, token):
        self._tokens[token.fingerprint] = token

    async def rotate(self, spent, successor, now):
        shown = self._shown(spent)
        given = self._shown(fingerprint(successor))
        verdict = judge(shown, now, given) if shown else Verdict.REFUSE
        if verdict is Verdict.REVOKE_FAMILY:
            self._revoked.setdefault(shown.family_id, now)
        if verdict is Verdict.GIVE_AGAIN:
            return given
        if verdict is not Verdict.SPEND:
            raise RefreshTokenInvalid
        token = successor_of(shown, successor, now)
        self._tokens[spent] = replace(shown, spent_at=now)
        self._tokens[token.fingerprint] = token
        return token

    async def end_family(self, fingerprint, now):
        shown = self._shown(fingerprint)
        if shown:
            self._revoked.setdefault(shown.family_id, now)

    async def sessions(self, user_id):
        families = {}
        for token in self._tokens.values():
            if token.user_id == user_id:
                families.setdefault(token.family_id, []).append(token.expires_at)
        return [
            Session(min(ends) - REFRESH_TOKEN_LIFETIME, max(ends), self._revoked.get(family_id))
            for family_id, ends in families.items()
        ]

    def _shown(self, fingerprint):
        token = self._tokens.get(fingerprint)
        return token and replace(token, family_revoked=token.family_id in self._revoked)


class MemorySecondFactors:
    """Second factors in dicts; `done` says what was written down."""

    def __init__(self):
        self._factors, self._steps, self._recovery = {}, {}, {}
        self.done = []

    async def of(self, user_id):
        return self._factors.get(user_id)

    async def begin(self, factor):
        known = self._factors.get(factor.user_id)
        if known and known.is_on:
            raise SecondFactorOn
        self._factors[factor.user_id] = factor

    async def confirm(self, factor, step, recovery, now):
        if self._factors.get(factor.user_id) != factor or factor.is_on:
            raise SecondFactorOff
        self._factors[factor.user_id] = replace(factor, confirmed_at=now)
        self._steps[factor.user_id], self._recovery[factor.user_id] = step, set(recovery)
        self.done.append((Action.SECOND_FACTOR_ON, factor.user_id))

    async def take(self, factor, step):
        known = self._factors.get(factor.user_id)
        is_same = known is not None and known.is_on and known.begun_at == factor.begun_at
        if not is_same or step <= self._steps[factor.user_id]:
            return False
        self._steps[factor.user_id] = step
        return True

    async def recover(self, factor, fingerprint):
        codes = self._recovery.get(factor.user_id, set())
        if fingerprint not in codes:
            return False
        codes.remove(fingerprint)
        self.done.append((Action.RECOVERY_CODE_USE, factor.user_id))
        return True

    async def remove(self, user_id, action):
        if self._factors.pop(user_id, None) is None:
            return False
        self._recovery.pop(user_id, None)
        self.done.append((action, user_id))
        return True


class MemoryApiKeys:
    """Keys in a dict; `done` says what was written down."""

    def __init__(self):
        self._keys = {}
        self.done = []

    async def add(self, key):
        if len(await self.of(key.user_id)) >= MOST_KEYS:
            raise TooManyApiKeys
        self._keys[key.id] = key
        self.done.append((Action.API_KEY_CREATE, key.id))

    async def get(self, key_id):
        return self._keys.get(key_id)

    async def of(self, user_id):
        found = [key for key in self._keys.values() if key.user_id == user_id]
        return sorted(found, key=lambda key: key.id, reverse=True)

    async def use(self, key, now):
        if key.id not in self._keys:
            return False
        used = max(filter(None, (self._keys[key.id].last_used_at, to_the_hour(now))))
        self._keys[key.id] = replace(self._keys[key.id], last_used_at=used)
        self.done.append((Action.USER_LOGIN, key.id))
        return True

    async def remove(self, user_id, key_id):
        if key_id not in self._keys or self._keys[key_id].user_id != user_id:
            raise ApiKeyNotFound
        del self._keys[key_id]
        self.done.append((Action.API_KEY_DELETE, key_id))


class CountedSecrets:
    """Secrets that count."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self):
        return next(self._numbers).to_bytes(32)


class StepCodes:
    """An app's code is its step's last six digits; secrets and recovery codes count."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def new_secret(self):
        return f"secret-{next(self._numbers)}"

    def new_recovery_codes(self):
        return [f"RECOVERY-{next(self._numbers)}" for _ in range(10)]

    def at(self, now):
        return f"{int(now.timestamp()) // 30 % 1_000_000:06}"

    def step(self, secret, code, now):
        present = int(now.timestamp()) // 30
        return next((step for step in range(present - 1, present + 2) if f"{step % 1_000_000:06}" == code), None)

    def uri(self, secret, email):
        return f"otpauth://totp/{email}?secret={secret}"


class ReversedPasswords:
    """A hash that is quick to make and to see through; `busy` refuses as a full queue does."""

    def __init__(self):
        self.verified = []
        self.busy = False

    async def hash(self, password):
        if self.busy:
            raise Overloaded(retry_after=1.0)
        return password[::-1]

    async def verify(self, password_hash, password):
        self.verified.append(password_hash)
        return password_hash == password[::-1]


class CountedAttempts:
    """Counts in dicts, for ever: three at an account, `of_address` from an address."""

    def __init__(self, of_address=1000):
        self._of_address = of_address
        self.at, self.by = Counter(), Counter()

    async def count(self, address, email=""):
        if self.by[address] == self._of_address or self.at[email] == 3:
            raise TooManyAttempts(60.0, "address" if self.by[address] == self._of_address else "account")
        self.by[address] += 1
        if email:
            self.at[email] += 1

    async def count_key(self, key_id):
        if self.at[key_id] == 3:
            raise TooManyAttempts(60.0, "key")
        self.at[key_id] += 1

    async def forgive(self, email):
        del self.at[email]


class ReadableSigner:
    """Signs by keeping what it was asked to sign."""

    def __init__(self):
        self.signed = []

    def sign(self, claims):
        self.signed.append(claims)
        return f"signed-{len(self.signed)}"

    def public_keys(self):
        return [PublicKey("kid", "x")]


class MemorySecret:
    """The bootstrap secret in an attribute."""

    def __init__(self, value=None):
        self.value = value

    async def offer(self):
        self.value = self.value or "offered"

    async def matches(self, guess):
        return self.value is not None and guess == self.value

    async def remove(self):
        self.value = None
