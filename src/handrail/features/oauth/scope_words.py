"""What scopes mean, in the words of the consent page."""

WHAT = {
    "organization": "the organization's settings",
    "members": "the people of the organization",
    "guests": "guests",
    "groups": "groups",
    "templates": "templates",
    "processes": "processes",
    "tasks": "tasks and what is filled in there",
    "comments": "comments",
    "files": "files",
    "tags": "tags",
    "folders": "folders",
    "webhooks": "webhooks",
    "exports": "exports",
}


def described(scopes: str) -> list[str]:
    """A sentence for each scope, for people."""
    words = scopes.split()
    if "*" in words:
        return ["Do everything in this organization that you may do."]
    found: list[str] = []
    for word in words:
        if word == "admin":
            found.append("Do what administrators may, as far as you may.")
            continue
        noun, _, verb = word.partition(":")
        what = WHAT.get(noun, noun)
        if verb == "read":
            if f"{noun}:write" not in words:
                found.append(f"See {what}, as far as you may.")
        else:
            found.append(f"See and change {what}, as far as you may.")
    return found
