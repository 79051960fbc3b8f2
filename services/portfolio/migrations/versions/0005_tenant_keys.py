"""Keys per tenant, wrapped; what a portfolio is called and what it is for lie under them."""

from alembic import op

from chassis.vault.keyring_postgres import KEYRING_DDL

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEALED = """
ALTER TABLE portfolios
    ADD COLUMN details bytea,
    ADD COLUMN key_id uuid REFERENCES tenant_keys (id),
    ALTER COLUMN name DROP NOT NULL,
    ALTER COLUMN strategy DROP NOT NULL,
    ALTER COLUMN constraints DROP NOT NULL,
    -- Either they lie in `details`, sealed, or, from before, in clear until they are sealed.
    ADD CONSTRAINT portfolios_details CHECK (
        (num_nulls(details, key_id) = 0 AND num_nonnulls(name, strategy, constraints) = 0)
        OR (num_nonnulls(details, key_id) = 0 AND num_nulls(name, strategy, constraints) = 0)
    );
CREATE INDEX portfolios_key ON portfolios (key_id);
CREATE INDEX portfolios_clear ON portfolios (id) WHERE key_id IS NULL;
"""


def upgrade() -> None:
    """Create the keyring; portfolios stay as they are."""
    op.execute(KEYRING_DDL)
    op.execute(SEALED)


def downgrade() -> None:
    """Drop both. Refused while details lie under a tenant's key, which nothing else opens."""
    op.execute(
        "ALTER TABLE portfolios ALTER COLUMN name SET NOT NULL, ALTER COLUMN strategy SET NOT NULL, "
        "ALTER COLUMN constraints SET NOT NULL, DROP COLUMN details, DROP COLUMN key_id"
    )
    op.execute("DROP TABLE tenant_keys")
