"""What the OpenAPI document says of OAuth: the scheme, and the page that browsers are sent to, which is no call."""

from typing import Any

from handrail.kernel.scopes import SCOPES

SCHEME: dict[str, Any] = {
    "type": "oauth2",
    "description": "A person lets an application act for them (OAuth 2.1, PKCE with S256).",
    "flows": {
        "authorizationCode": {
            "authorizationUrl": "/oauth/authorize",
            "tokenUrl": "/oauth/token",
            "refreshUrl": "/oauth/token",
            "scopes": {scope: f"`{scope}`" for scope in sorted(SCOPES)},
        }
    },
}


def _parameter(name: str, text: str, example: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": text,
        "schema": {"type": "string", "maxLength": 2000, "examples": [example]},
    }


AUTHORIZE: dict[str, Any] = {
    "operationId": "oauth_authorize",
    "summary": "Ask a person",
    "description": (
        "A page, not a call: an application sends the browser here. The person signs in and allows it or not, and the "
        "browser comes back to the `redirect_uri` with `code`, `state` and `iss`, or with `error`. Where the address "
        "to come back to is not the application's own, the mistake is shown and nobody is sent anywhere. "
        "Open to everybody; whoever answers has signed in."
    ),
    "tags": ["OAuth"],
    "security": [],
    "parameters": [
        _parameter("response_type", "`code`; `token` where the implicit grant is on.", "code", required=True),
        _parameter("client_id", "The application's client id.", "3", required=True),
        _parameter("redirect_uri", "One of the application's.", "https://portal.example/back"),
        _parameter("scope", "Separated by spaces; what the application may have, when left out.", "tasks:read"),
        _parameter("state", "Comes back as it was sent.", "xyz"),
        _parameter("code_challenge", "Of PKCE.", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        _parameter("code_challenge_method", "S256.", "S256"),
    ],
    "responses": {
        "200": {"description": "The question.", "content": {"text/html": {"schema": {"type": "string"}}}},
        "303": {"description": "To the sign-in, or back to the application."},
        "400": {
            "description": "The application has made a mistake.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        "403": {
            "description": "The person is not a member of the application's organization.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
    },
}
