"""Second factors, their recovery codes, and how the sessions of an account began."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SECOND_FACTORS = """
CREATE TABLE second_factors (
    -- The account's.
    id           uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    tenant_id    uuid        NOT NULL,
    -- AES-256-GCM: 12 bytes nonce, ciphertext, 16 bytes tag.
    secret       bytea       NOT NULL CHECK (octet_length(secret) > 28),
    key_id       uuid        NOT NULL REFERENCES tenant_keys (id),
    begun_at     timestamptz NOT NULL,
    -- Since then Login wants a code.
    confirmed_at timestamptz,
    -- The newest step of 30 s since 1970 whose code was taken; none that is not newer is.
    last_step    bigint      NOT NULL DEFAULT 0
);
CREATE INDEX second_factors_key ON second_factors (key_id);

CREATE TABLE recovery_codes (
    user_id     uuid  NOT NULL REFERENCES second_factors (id) ON DELETE CASCADE,
    -- SHA-256 of the account's id and the code, which itself is kept nowhere.
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    PRIMARY KEY (user_id, fingerprint)
);
"""
# How its first token was come by, as the claim `amr` of access tokens says it (RFC 8176).
METHODS = "ALTER TABLE token_families ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}'"


def upgrade() -> None:
    """Create all."""
    op.execute(SECOND_FACTORS)
    op.execute(METHODS)


def downgrade() -> None:
    """Drop all: passwords alone log in again."""
    op.execute("ALTER TABLE token_families DROP COLUMN methods")
    op.execute("DROP TABLE recovery_codes, second_factors")
