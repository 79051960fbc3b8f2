"""Any history of logins, refreshes, logouts, thefts and waiting, against a model of who may still refresh."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from services.auth.domain.errors import RefreshTokenInvalid
from services.auth.domain.refresh_tokens import fingerprint, first_of_family
from tests.auth.fakes import CountedIds, MemoryRefreshTokens, SetClock


class Families(RuleBasedStateMachine):
    """The model keeps, per family, the one token that is good and until when; None once the family has ended."""

    tokens = Bundle("tokens")

    def __init__(self):
        super().__init__()
        self.store, self.clock, self.ids = MemoryRefreshTokens(), SetClock(), CountedIds()
        self.good, self.family_of, self.expiry = {}, {}, {}

    @rule(target=tokens)
    def login(self):
        token, family = f"token-{self.ids.new()}", self.ids.new()
        stored = first_of_family(token, family, "user", self.clock.now())
        done(self.store.start(stored))
        self.good[family], self.family_of[token], self.expiry[token] = token, family, stored.expires_at
        return token

    @rule(target=tokens, shown=tokens)
    def refresh(self, shown):
        family, successor = self.family_of[shown], f"token-{self.ids.new()}"
        spent_before = self.good[family] != shown
        should_succeed = not spent_before and self.clock.now() < self.expiry[shown]
        try:
            rotated = done(self.store.rotate(fingerprint(shown), successor, self.clock.now()))
        except RefreshTokenInvalid:
            assert not should_succeed
            if spent_before:
                self.good[family] = None
            return shown
        assert should_succeed
        self.good[family], self.family_of[successor] = successor, family
        self.expiry[successor] = rotated.expires_at
        return successor

    @rule(shown=tokens)
    def logout(self, shown):
        done(self.store.end_family(fingerprint(shown), self.clock.now()))
        self.good[self.family_of[shown]] = None

    @rule(days=st.integers(1, 4))
    def wait(self, days):
        self.clock.advance(days=days)


def done(coroutine):
    """The result of a coroutine that never waits, as no fake does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a fake waited")


TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
