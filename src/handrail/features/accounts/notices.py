"""What people are told by mail of their own account, so that a change that was not theirs does not go unnoticed
(around 5.1, 6.4: 15 and 16). Nothing where no mail is sent."""

from handrail.features.accounts import links, mailing
from handrail.features.accounts.links import VERIFY
from handrail.features.members import accounts
from handrail.http.call import Application
from handrail.ports.database import Transaction

CHANGED = "The address with which you sign in has changed from {old} to {new}."
NOT_YOU = (
    "If it was not you, somebody knows your password. Ask an administrator of your organization, or the people who run "
    "this server, for help."
)
NOT_YOURS = (
    "If this account is not yours, somebody has put your address into it. Choose a new password for this address, "
    "which makes the account yours."
)


async def password_changed(tx: Transaction, application: Application, email: str) -> None:
    """Tell somebody who knew their password that it has changed."""
    if application.settings.smtp_url is None:
        return
    paragraphs = [
        "You changed your password just now; your other sessions were ended.",
        "If it was not you, choose another one: “Forgot your password?” on the page where you sign in.",
    ]
    await mailing.post(tx, application.jobs, email, "Your password was changed", paragraphs, None)


async def address_changed(
    tx: Transaction, application: Application, mail_url: str, before: accounts.Account, email: str, now: int
) -> None:
    """Tell both addresses that the second has taken the first one's place; to the second goes the link that shows whose
    it is."""
    if application.settings.smtp_url is None:
        return
    subject, text = "Your address was changed", CHANGED.format(old=before.email, new=email)
    await mailing.post(tx, application.jobs, before.email, subject, [text, NOT_YOU], None)
    secret = await links.make(tx, VERIFY, email, now, account_id=before.id)
    paragraphs = [text, "Follow this link within a day to show that the new one is yours.", NOT_YOURS]
    link = f"{mail_url}/account/verify-email?token={secret}"
    await mailing.post(tx, application.jobs, email, subject, paragraphs, link)
