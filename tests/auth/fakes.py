"""The world of auth in memory: every port, obeying the same truths as its adapter."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.auth.app.ports import PublicKey
from services.auth.domain.errors import (
    AlreadyBootstrapped,
    EmailTaken,
    Overloaded,
    RefreshTokenInvalid,
    TooManyAttempts,
    UserNotFound,
)
from services.auth.domain.refresh_tokens import Verdict, fingerprint, judge, successor_of
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
        self._tokens, self._revoked = {}, set()

    async def start(self, token):
        self._tokens[token.fingerprint] = token

    async def rotate(self, spent, successor, now):
        shown = self._shown(spent)
        given = self._shown(fingerprint(successor))
        verdict = judge(shown, now, given) if shown else Verdict.REFUSE
        if verdict is Verdict.REVOKE_FAMILY:
            self._revoked.add(shown.family_id)
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
            self._revoked.add(shown.family_id)

    def _shown(self, fingerprint):
        token = self._tokens.get(fingerprint)
        return token and replace(token, family_revoked=token.family_id in self._revoked)


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
