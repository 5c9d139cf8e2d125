"""What counts as an e-mail address and as a web address, for every place that accepts one."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import email_validator

EMAIL_LENGTH = 254
URL_LENGTH = 2048

# names such as `.local` or `.test` are refused by default, but inside of a company they can be real
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`|]")


@lru_cache(maxsize=8192)
def is_email(text: str) -> bool:
    """Whether a text is exactly one e-mail address, with nothing around it."""
    if len(text) > EMAIL_LENGTH:
        return False
    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True


def is_web_address(text: str) -> bool:
    """Whether a text is an absolute `http` or `https` address with a host, fit for a link or a request."""
    if len(text) > URL_LENGTH or _UNSAFE.search(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an address in brackets that is none
        return False
