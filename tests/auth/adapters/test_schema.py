import asyncpg
import pytest


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE more (id int)", "DROP TABLE users", "ALTER TABLE users ADD COLUMN email_in_clear text"],
)
async def test_the_service_cannot_change_its_schema(auth_pool, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await auth_pool.execute(statement)


INSERT = """
INSERT INTO users (id, tenant_id, email, email_key_id, email_index, password_hash, roles)
VALUES (gen_random_uuid(), gen_random_uuid(), repeat('x', 40)::bytea, 'k', repeat('x', 32)::bytea, 'h', $1)
"""


@pytest.mark.parametrize("roles", [[], ["root"], ["user", "root"]])
async def test_no_role_is_stored_that_the_contract_does_not_know(empty_pool, roles):
    with pytest.raises(asyncpg.CheckViolationError):
        await empty_pool.execute(INSERT, roles)
