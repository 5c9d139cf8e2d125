"""A small OpenID Connect provider, for real over HTTP: it signs in whoever a test says, and lies when it is told to."""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


class Provider:
    """`person` are the claims of whoever signs in next; `twist` may change the claims, the header and the answer."""

    client_id = "handrail"
    client_secret = "a secret of ours"

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, Any] = {}
        self.twist: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.signing = self.key
        self._codes: dict[str, dict[str, str]] = {}

    def change_key(self) -> None:
        self.key = self.signing = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})

    def authorize(self, asked: dict[str, str]) -> str:
        assert asked["client_id"] == self.client_id
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"

    def token(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(given["code"], None)
        if (
            asked is None
            or (given["client_id"], given["client_secret"]) != (self.client_id, self.client_secret)
            or asked["redirect_uri"] != given["redirect_uri"]
            or create_s256_code_challenge(given["code_verifier"]) != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        header = {"alg": "RS256", "kid": self.signing.kid}
        token = jwt.encode(header, self.twist({**claims, **self.person}), self.signing)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def documents(self) -> dict[str, Any]:
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": KeySet([self.key]).as_dict(private=False),
        }


@contextlib.contextmanager
def provider() -> Generator[Provider]:
    """A provider on a free port."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", made.authorize(_single(parts.query)))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._json(200, made.documents()[parts.path])

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._json(*made.token(_single(text)))

        def _json(self, status: int, body: Any) -> None:
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


def _single(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
