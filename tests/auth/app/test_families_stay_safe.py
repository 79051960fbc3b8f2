"""Any history of logins, refreshes, lost answers, logouts, thefts and waiting, against a model of who may refresh."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from services.auth.domain.errors import RefreshTokenInvalid
from services.auth.domain.refresh_tokens import LOST_ANSWER, fingerprint, first_of_family
from tests.auth.fakes import CountedIds, MemoryRefreshTokens, SetClock


class Families(RuleBasedStateMachine):
    """The model keeps, per family, the one token that is good and until when; None once the family has ended."""

    tokens = Bundle("tokens")

    def __init__(self):
        super().__init__()
        self.store, self.clock, self.ids = MemoryRefreshTokens(), SetClock(), CountedIds()
        self.good, self.family_of, self.expiry, self.given_at = {}, {}, {}, {}

    @rule(target=tokens)
    def login(self):
        token, family = f"token-{self.ids.new()}", self.ids.new()
        stored = first_of_family(token, family, "user", self.clock.now())
        done(self.store.start(stored))
        self.good[family], self.family_of[token], self.expiry[token] = token, family, stored.expires_at
        return token

    @rule(target=tokens, shown=tokens, request=st.none() | st.integers(1, 2))
    def refresh(self, shown, request):
        """With a request's number the successor is always the same."""
        family = self.family_of[shown]
        successor = f"token-{self.ids.new()}" if request is None else f"{shown}>{request}"
        spent_before = self.good[family] != shown
        if spent_before and self.was_lost(successor, family):
            assert done(self.store.rotate(fingerprint(shown), successor, self.clock.now())).user_id == "user"
            return successor
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
        self.expiry[successor], self.given_at[successor] = rotated.expires_at, self.clock.now()
        return successor

    def was_lost(self, successor, family):
        """Whether it was given a moment ago, and is what the family stands at."""
        given = self.given_at.get(successor)
        return given is not None and self.good[family] == successor and self.clock.now() - given <= LOST_ANSWER

    @rule(shown=tokens)
    def logout(self, shown):
        done(self.store.end_family(fingerprint(shown), self.clock.now()))
        self.good[self.family_of[shown]] = None

    @rule(days=st.integers(1, 4))
    def wait(self, days):
        self.clock.advance(days=days)

    @rule(seconds=st.integers(1, 9))
    def wait_a_moment(self, seconds):
        self.clock.advance(seconds=seconds)


def done(coroutine):
    """The result of a coroutine that never waits, as no fake does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a fake waited")


TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
