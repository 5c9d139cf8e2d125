"""What tokens of each scope may be used for."""

import pytest

from handrail.kernel.permission import MATRIX
from handrail.kernel.scopes import RESOURCES, SCOPES, covers, scopes_of, unknown


def test_everything_covers_every_action() -> None:
    assert all(covers(scopes_of("*"), action) for action in MATRIX)


@pytest.mark.parametrize("action", sorted(MATRIX))
def test_some_scope_covers_each_action_and_no_scope_covers_nearly_nothing(action: str) -> None:
    narrow = [scope for scope in SCOPES - {"*", "admin"} if covers(frozenset({scope}), action)]
    if action in ("me.read", "token.revoke"):
        assert covers(frozenset(), action)
    elif action == "token.manage":
        assert narrow == []
    else:
        assert not covers(frozenset(), action)
        resources = {scope.partition(":")[0] for scope in narrow}
        assert len(resources) == 1, f"{action} belongs to no resource of {RESOURCES}"


@pytest.mark.parametrize("resource", RESOURCES)
def test_reading_never_writes(resource: str) -> None:
    reading = {action for action in MATRIX if covers(frozenset({f"{resource}:read"}), action)}
    writing = {action for action in MATRIX if covers(frozenset({f"{resource}:write"}), action)}
    assert reading <= writing
    assert {action.partition(".")[2] for action in reading} - {"revoke"} <= {"read", "list", "export", "simulate"}


def test_unknown_words_are_told() -> None:
    assert unknown(["tasks:read", "tasks:fly", "*"]) == ["tasks:fly"]
