"""Secrets that travel: tokens and invitations are random, shown once and stored as a SHA-256 hash."""

import hashlib
import secrets
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PERSONAL_TOKEN = "hrp_"
INVITATION = "hri_"
CLIENT_SECRET = "hrc_"
APPLICATION_TOKEN = "hra_"
USER_TOKEN = "hru_"
REFRESH_TOKEN = "hrr_"
SESSION = "hrs_"
ACCOUNT_LINK = "hrl_"
AUTHORIZATION_CODE = "hrz_"


def new_secret(prefix: str) -> str:
    """A prefix that secret scanners can look for, 238 random bits, and a checksum that catches typing errors."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(40))
    return f"{prefix}{body}{zlib.crc32(body.encode()):08x}"


def fingerprint(secret: str) -> str:
    """What is stored of a secret. It has enough entropy that a fast hash is right."""
    return hashlib.sha256(secret.encode()).hexdigest()
