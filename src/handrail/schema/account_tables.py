"""How people sign in: sessions of browsers, links that were mailed, second factors, identities at other providers, and
what people have allowed applications. Shared by all organizations, as accounts are."""

import sqlalchemy as sa

from handrail.schema.columns import metadata, moment, number, text


def _of_account(*, null: bool = False) -> sa.Column[int]:
    return sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=null)


def _of_application() -> sa.Column[int]:
    return sa.Column(
        "application_id", sa.BigInteger, sa.ForeignKey("applications.id", ondelete="CASCADE"), nullable=False
    )


# state: `signed-in`, or `half` between the password and the code of the second factor
sessions = sa.Table(
    "sessions",
    metadata,
    text("id"),
    text("secret_hash"),
    _of_account(),
    # the one that was chosen; null until then
    text("organization_id", null=True),
    text("state"),
    text("address", null=True),
    text("agent", null=True),
    moment("created_at", null=False),
    moment("last_seen_at", null=False),
    moment("expires_at", null=False),
    moment("ended_at"),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("secret_hash"),
    sa.Index(None, "account_id", "id"),
)

# kind: `register`, `verify`, `reset`; a newer one of the same kind and address ends the older ones
account_links = sa.Table(
    "account_links",
    metadata,
    text("secret_hash"),
    text("kind"),
    text("email"),
    _of_account(null=True),
    # of a registration: what was filled in, as JSON
    text("payload", default="{}"),
    moment("created_at", null=False),
    moment("expires_at", null=False),
    moment("used_at"),
    moment("replaced_at"),
    sa.PrimaryKeyConstraint("secret_hash"),
    sa.Index(None, "email", "kind"),
)

second_factors = sa.Table(
    "second_factors",
    metadata,
    _of_account(),
    text("sealed_secret"),
    moment("created_at", null=False),
    moment("confirmed_at"),
    # the last time step whose code was used; a code works once
    number("last_step", default=0),
    # fingerprints of the recovery codes that were not used yet, a JSON list
    text("recovery", default="[]"),
    sa.PrimaryKeyConstraint("account_id"),
)

identities = sa.Table(
    "identities",
    metadata,
    text("issuer"),
    text("subject"),
    _of_account(),
    moment("created_at", null=False),
    moment("last_used_at", null=False),
    sa.PrimaryKeyConstraint("issuer", "subject"),
    sa.Index(None, "account_id"),
)

authorization_codes = sa.Table(
    "authorization_codes",
    metadata,
    text("code_hash"),
    _of_application(),
    _of_account(),
    text("organization_id"),
    text("redirect_uri"),
    text("scopes"),
    text("challenge", null=True),
    # what it became: the family of refresh tokens and the first token, so that they end when it is used twice
    text("family"),
    text("token_id", null=True),
    moment("created_at", null=False),
    moment("expires_at", null=False),
    moment("used_at"),
    sa.PrimaryKeyConstraint("code_hash"),
    sa.Index(None, "family"),
)

consents = sa.Table(
    "consents",
    metadata,
    _of_application(),
    _of_account(),
    text("organization_id"),
    text("scopes"),
    moment("created_at", null=False),
    moment("updated_at", null=False),
    moment("revoked_at"),
    sa.PrimaryKeyConstraint("application_id", "account_id", "organization_id"),
    sa.Index(None, "account_id"),
)

# what JSON web tokens are signed with; the newest signs, the others are still shown for a while
signing_keys = sa.Table(
    "signing_keys",
    metadata,
    text("id"),
    text("sealed_private"),
    text("public"),
    moment("created_at", null=False),
    moment("retired_at"),
    sa.PrimaryKeyConstraint("id"),
)

SHARED = frozenset(
    {
        "sessions",
        "account_links",
        "second_factors",
        "identities",
        "authorization_codes",
        "consents",
        "signing_keys",
    }
)
