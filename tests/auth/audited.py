"""An audit trail on a real PostgreSQL and real files, with a clock that is moved by hand."""

from services.auth.adapters.audit_postgres import PostgresAudit
from services.auth.adapters.audit_sealed import audit_vault_from, chain_key_from
from services.auth.adapters.heads_files import heads_from
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.app.keep_audit import KeepAudit
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.verify_audit import VerifyAudit
from services.auth.domain.audit import Action
from tests.auth.fakes import CountedIds, SetClock

LINKS = 40


class Audit:
    """The trail, its keys and its clock."""

    def __init__(self, pool, folder):
        self.pool, self.clock, self.folder = pool, SetClock(), folder
        vault, self.key = audit_vault_from(folder), chain_key_from(folder)
        self.trail = PostgresTrail(pool, vault, CountedIds(), self.clock)
        self.store, self.heads = PostgresAudit(pool), heads_from(folder / "heads", folder)
        self.keep = KeepAudit(self.store, self.heads, self.clock, self.key)
        self.list = ListAuditEvents(self.store, vault)

    async def write(self, count, user="ann"):
        for number in range(count):
            await self.trail.refused(Action.USER_LOGIN, f"account:{user}{number}", "BAD_CREDENTIALS")

    async def chain(self):
        while await self.keep.chain():
            continue

    async def verify(self, connection=None):
        """What the last message of a verification says, of the chain as this connection sees it."""
        store = PostgresAudit(connection or self.pool)
        [*_, last] = [progress async for progress in VerifyAudit(store, self.heads, self.key)()]
        assert last.over
        return last
