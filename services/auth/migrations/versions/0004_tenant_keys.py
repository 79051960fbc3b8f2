"""Keys per tenant, wrapped; addresses lie under them."""

from alembic import op

from chassis.vault.keyring_postgres import KEYRING_DDL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEALED = """
ALTER TABLE users
    ADD COLUMN key_id uuid REFERENCES tenant_keys (id),
    ALTER COLUMN email_key_id DROP NOT NULL,
    -- Sealed before there were keys per tenant, an address names its key in email_key_id until it is sealed anew.
    ADD CONSTRAINT users_email_key CHECK (num_nonnulls(key_id, email_key_id) = 1);
CREATE INDEX users_key ON users (key_id);
CREATE INDEX users_old_key ON users (id) WHERE key_id IS NULL;
"""


def upgrade() -> None:
    """Create the keyring; addresses stay as they are."""
    op.execute(KEYRING_DDL)
    op.execute(SEALED)


def downgrade() -> None:
    """Drop both. Refused while an address lies under a tenant's key, which nothing else opens."""
    op.execute("ALTER TABLE users ALTER COLUMN email_key_id SET NOT NULL, DROP COLUMN key_id")
    op.execute("DROP TABLE tenant_keys")
