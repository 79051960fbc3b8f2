"""Keys by which machines work for a user."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

API_KEYS = """
CREATE TABLE api_keys (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tenant_id    uuid        NOT NULL,
    -- What its owner calls it. AES-256-GCM: 12 bytes nonce, ciphertext, 16 bytes tag.
    name         bytea       NOT NULL CHECK (octet_length(name) > 28),
    key_id       uuid        NOT NULL REFERENCES tenant_keys (id),
    scopes       text[]      NOT NULL CHECK (cardinality(scopes) > 0),
    -- SHA-256 of the secret, which itself is kept nowhere.
    fingerprint  bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    -- To the hour.
    last_used_at timestamptz
);
CREATE INDEX api_keys_user ON api_keys (user_id, id);
CREATE INDEX api_keys_key ON api_keys (key_id);
"""


def upgrade() -> None:
    """Create them."""
    op.execute(API_KEYS)


def downgrade() -> None:
    """Drop them: no key counts any more."""
    op.execute("DROP TABLE api_keys")
