"""Who is deleted takes nothing along any more, and no store tells of them in clear; the audit trail stays whole."""

import asyncio
import uuid
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx

from tests.mesh.rest import DATASET, User, answered
from tests.mesh.twins.mesh import await_true

EXPORTS = {"account": 404, "portfolios": 401, "optimizations": 401, "marketdata": 401}
_TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname IN ('auth', 'portfolio', 'optimizer', 'marketdata')
"""


def test_who_is_deleted_exports_nothing_and_no_store_tells_of_them(mesh, admin):
    other, gone = somebody(mesh), somebody(mesh)
    words = [gone.email.partition("@")[0], f"Nest egg of {gone.user_id}", gone.dataset]
    for of in EXPORTS:
        assert exported(gone, of) == 200
    # They are found as long as they are there: the name of a portfolio in its events, in clear, its address nowhere.
    assert {word for word, _ in told(mesh, words)} == set(words[1:])
    answered(gone.rest.delete(f"/api/v1/users/{gone.user_id}"))
    for of, status in EXPORTS.items():
        await_true(lambda of=of, status=status: exported(gone, of) == status)
        assert exported(other, of) == 200
    assert told(mesh, words) == []
    last = [*lines(admin, "/api/v1/audit/verification")][-1]
    assert '"AUDIT_OUTCOME_INTACT"' in last


def somebody(mesh):
    """A user with something in every service."""
    user = User(mesh.edge_url, mesh.edge_address).register()
    user.dataset = f"{DATASET}-{uuid.uuid4().hex[:8]}"
    user.import_prices(user.dataset)
    made = user.new_portfolio(name=f"Nest egg of {user.user_id}")
    strategy = {"universe": made["strategy"]["universe"], "dataset": user.dataset}
    changed = {"name": made["name"], "strategy": strategy | {"estimation": {"lookback": 252}}}
    answered(user.rest.put(f"/api/v1/portfolios/{made['id']}", json=changed))
    answered(user.rest.post(f"/api/v1/portfolios/{made['id']}/rebalance", json={}))
    answered(user.rest.post("/api/v1/optimize", json={"portfolio_id": made["id"], "wait_ms": 8000}))
    return user


def exported(user, of):
    """With which status an export ends, or begins."""
    with user.rest.stream("GET", f"/api/v1/export/{of}") as answer:
        answer.read()
        return answer.status_code


def lines(user, path):
    with user.rest.stream("GET", path, timeout=httpx.Timeout(60)) as answer:
        yield from answer.iter_lines()


def told(mesh, words):
    """Which tables hold which of these words, as text or as bytes."""

    async def search():
        folder = quote(str(Path(mesh.address("postgres")).parent), safe="")
        connection = await asyncpg.connect(f"postgresql://postgres@/qpo?host={folder}")
        try:
            found = []
            for (table,) in await connection.fetch(_TABLES):
                for word in words:
                    like = (f"%{word}%", f"%{word.encode().hex()}%")
                    query = f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE $1 OR t::text LIKE $2)"  # noqa: S608
                    if await connection.fetchval(query, *like):
                        found.append((word, table))
            return found
        finally:
            await connection.close()

    return asyncio.run(search())
