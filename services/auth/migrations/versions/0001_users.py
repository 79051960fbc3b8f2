"""Users, and the families of their refresh tokens."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

USERS = """
CREATE TABLE users (
    id                uuid        PRIMARY KEY,
    tenant_id         uuid        NOT NULL,
    -- AES-256-GCM: 12 bytes nonce, ciphertext, 16 bytes tag; the key is named beside it.
    email             bytea       NOT NULL CHECK (octet_length(email) > 28),
    email_key_id      text        NOT NULL,
    -- HMAC-SHA256 of the address in lower case.
    email_index       bytea       NOT NULL UNIQUE CHECK (octet_length(email_index) = 32),
    password_hash     text        NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    subscription_tier varchar(50) NOT NULL DEFAULT 'free',
    roles             text[]      NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ '{user,advisor,admin}'),
    token_version     integer     NOT NULL DEFAULT 1 CHECK (token_version > 0)
);
CREATE INDEX users_tenant ON users (tenant_id);
CREATE INDEX users_administrators ON users (id) WHERE 'admin' = ANY (roles);
"""

REFRESH_TOKENS = """
CREATE TABLE token_families (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX token_families_user ON token_families (user_id, expires_at);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token, which itself is kept nowhere.
    fingerprint bytea       PRIMARY KEY CHECK (octet_length(fingerprint) = 32),
    family_id   uuid        NOT NULL REFERENCES token_families (id) ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    spent_at    timestamptz
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id, expires_at);
"""


def upgrade() -> None:
    """Create all."""
    op.execute(USERS)
    op.execute(REFRESH_TOKENS)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP TABLE refresh_tokens, token_families, users")
