"""The digests of a server, with a mail server to look into."""

from tests.features.mails.conftest import mail_server, post

__all__ = ["mail_server", "post"]
