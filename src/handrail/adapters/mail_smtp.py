"""Mail over SMTP, each message in a session of its own."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from handrail.ports.mailer import Message, Refused, Unreachable

SECONDS = 20.0


class SmtpMailer:
    """A mail server: `smtp://user:password@host:port`, upgraded with STARTTLS where offered, or `smtps://`."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 25)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Hand one mail over."""
        mail = self._composed(message)
        try:
            await aiosmtplib.send(
                mail,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            # a wrong password is the operator's to mend, not the fault of this mail
            raise Unreachable(f"{error.code} {error.message}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _verdict(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        except ValueError as error:
            # a header that cannot be written, such as an address with a line break
            raise Refused(str(error)) from error

    def _composed(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        mail["Date"] = formatdate(localtime=False)
        mail["From"] = self._sender
        mail["To"] = message.recipient
        if message.reply_to is not None:
            mail["Reply-To"] = message.reply_to
        mail["Subject"] = " ".join(message.subject.split())
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.plain)
        mail.add_alternative(message.html, subtype="html")
        return mail


def _verdict(code: int, text: str) -> Refused | Unreachable:
    said = f"{code} {text}"
    return Refused(said) if code >= 500 else Unreachable(said)
