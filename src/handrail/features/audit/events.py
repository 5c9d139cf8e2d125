"""What each event of the audit log is about, and how much it matters (around 9).

Derived when an entry is shown, so that the chain of hashes covers nothing that could be put differently later.
"""

from collections.abc import Mapping
from typing import Final

import msgspec


class Event(msgspec.Struct, frozen=True):
    """`severity` is info, warning or error. `pre_auth`: whoever did it had not shown who they are; the entry is about
    the member whose address was given."""

    category: str
    severity: str = "info"
    pre_auth: bool = False


_SIGN_IN = Event("sign-in")
_TOKENS, _PEOPLE, _GUESTS = Event("tokens"), Event("people"), Event("guests")
_RIGHTS, _OPENED = Event("rights"), Event("rights", "warning")
_LOG = Event("log")

EVENTS: Final[Mapping[str, Event]] = {
    "login_succeeded": _SIGN_IN,
    "login_failed": Event("sign-in", "warning", pre_auth=True),
    "password_reset_initiated": Event("sign-in", pre_auth=True),
    "password_reset_completed": _SIGN_IN,
    "password_changed": _SIGN_IN,
    "email_verified": _SIGN_IN,
    "email_address_changed": _SIGN_IN,
    "account_taken_back": Event("sign-in", "warning"),
    "second_factor_on": _SIGN_IN,
    "second_factor_off": Event("sign-in", "warning"),
    "token_created": _TOKENS,
    "token_revoked": _TOKENS,
    "oauth_app_created": _TOKENS,
    "oauth_app_changed": _TOKENS,
    "oauth_app_deleted": _TOKENS,
    "oauth_consent_given": _TOKENS,
    "oauth_consent_taken_back": _TOKENS,
    "member_invited": _PEOPLE,
    "member_withdrawn": _PEOPLE,
    "member_accepted": _PEOPLE,
    "member_created": _PEOPLE,
    "member_approved": _PEOPLE,
    "member_enabled": _PEOPLE,
    "member_disabled": _PEOPLE,
    "member_deleted": _PEOPLE,
    "member_to_guest": _PEOPLE,
    "guest_to_member": _PEOPLE,
    "guest_introduced": _GUESTS,
    "guest_changed": _GUESTS,
    "guest_enabled": _GUESTS,
    "guest_disabled": _GUESTS,
    "guest_deleted": _GUESTS,
    "guest_link_reset": _GUESTS,
    "role_changed": _RIGHTS,
    "default_admin_changed": _RIGHTS,
    "group_changed": _RIGHTS,
    "job_title_changed": _RIGHTS,
    "permission_changed": _RIGHTS,
    "settings_changed": _RIGHTS,
    "organization_founded": _RIGHTS,
    "blueprint_made_public": _OPENED,
    "blueprint_made_private": _RIGHTS,
    "kickoff_form_made_public": _OPENED,
    "kickoff_form_made_private": _RIGHTS,
    "process_made_public": _OPENED,
    "process_made_private": _RIGHTS,
    "task_auto_completed": Event("processes"),
    "process_auto_archived": Event("processes"),
    "data_export": _LOG,
    "system_log_viewed": _LOG,
    "audit_exported": _LOG,
}
UNKNOWN: Final = Event("other")


def event_of(name: str) -> Event:
    """What is known of an event; an older version's may not be in the table any more."""
    return EVENTS.get(name, UNKNOWN)
