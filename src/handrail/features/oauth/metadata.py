"""What this server tells programs about its OAuth endpoints (RFC 8414)."""

from handrail.features.oauth import wire
from handrail.kernel.scopes import SCOPES
from handrail.settings import Settings


def document(settings: Settings, issuer: str) -> wire.Metadata:
    """The server's metadata; what a switch opens is told only where it is on."""
    has_implicit, has_passwords = settings.implicit_grant == "on", settings.password_grant == "on"
    return wire.Metadata(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/oauth/authorize",
        token_endpoint=f"{issuer}/oauth/token",
        revocation_endpoint=f"{issuer}/oauth/revoke",
        introspection_endpoint=f"{issuer}/oauth/introspect",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        registration_endpoint=f"{issuer}/oauth/register" if settings.dynamic_registration == "on" else wire.UNSET,
        scopes_supported=sorted(SCOPES),
        response_types_supported=["code", *(["token"] if has_implicit else [])],
        response_modes_supported=["query", *(["fragment"] if has_implicit else [])],
        grant_types_supported=[
            "authorization_code",
            "client_credentials",
            "refresh_token",
            *(["implicit"] if has_implicit else []),
            *(["password"] if has_passwords else []),
        ],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post", "none"],
        revocation_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post", "none"],
        introspection_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
        service_documentation=f"{issuer}/api/docs",
    )
