"""Applications and what they hold: found by client id and by secrets, whatever organization they belong to."""

import sqlalchemy as sa

from handrail.schema.columns import flag, metadata, moment, text

applications = sa.Table(
    "applications",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    # empty for one that registered itself: people choose the organization
    text("organization_id"),
    text("name"),
    # words separated by spaces
    text("grants"),
    text("scopes"),
    # a JSON list
    text("redirect_uris", default="[]"),
    flag("is_first_party"),
    # without a secret: it runs where others can read it, and PKCE stands in
    flag("is_public"),
    flag("requires_pkce", default=True),
    # of its people's tokens: `opaque` or `jwt`
    text("token_format", default="opaque"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    moment("deleted_at"),
    sa.Index(None, "organization_id", "id"),
    sqlite_autoincrement=True,
)


def _of_application() -> sa.Column[int]:
    return sa.Column(
        "application_id", sa.BigInteger, sa.ForeignKey("applications.id", ondelete="CASCADE"), nullable=False
    )


application_secrets = sa.Table(
    "application_secrets",
    metadata,
    text("id"),
    _of_application(),
    text("secret_hash"),
    moment("created_at", null=False),
    moment("ended_at"),
    sa.PrimaryKeyConstraint("id"),
    sa.Index(None, "application_id"),
)

# what an application acts with by itself; tokens of people are in `tokens`
application_tokens = sa.Table(
    "application_tokens",
    metadata,
    text("token_hash"),
    _of_application(),
    moment("created_at", null=False),
    moment("expires_at", null=False),
    sa.PrimaryKeyConstraint("token_hash"),
    sa.Index(None, "application_id"),
)

# a family is what one sign-in has led to; a second use of one of its tokens ends all of it
refresh_tokens = sa.Table(
    "refresh_tokens",
    metadata,
    text("token_hash"),
    text("family"),
    _of_application(),
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    text("organization_id"),
    text("scopes"),
    text("token_id"),
    moment("created_at", null=False),
    moment("expires_at", null=False),
    moment("used_at"),
    moment("revoked_at"),
    sa.PrimaryKeyConstraint("token_hash"),
    sa.Index(None, "family"),
    sa.Index(None, "organization_id", "account_id"),
)

SHARED = frozenset({"applications", "application_secrets", "application_tokens", "refresh_tokens"})
