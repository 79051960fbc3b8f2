"""On a failover the primary is another host: a url names both, and the one that takes writes is found."""

from pathlib import Path
from urllib.parse import quote

from chassis.postgres import open_pool
from chassis.settings import DatabaseSettings


async def test_a_pool_finds_the_host_that_takes_writes_behind_one_that_is_gone(database_url, tmp_path: Path):
    gone = quote(str(tmp_path), safe="")
    before, host = database_url.split("host=")
    url = f"{before}host={gone},{host}&target_session_attrs=read-write"
    settings = DatabaseSettings(database_url=url, page_token_key_file=tmp_path / "key", pool_size=1)
    pool = await open_pool(settings, "public")
    try:
        assert await pool.fetchval("SELECT NOT pg_is_in_recovery()")
    finally:
        await pool.close()
