"""Whatever clients send: an answer that says what is wrong, never a failure of the server."""

from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from handrail.features.people.roster import Roster
from handrail.features.templates.bodies import NewTemplateBody
from handrail.features.templates.grants import from_wire
from handrail.features.templates.heads import Head, head_from
from handrail.features.templates.parts_bodies import FieldBody, RuleBody, StageBody, StepBody
from handrail.kernel.errors import Errors
from tests.features.builders import template
from tests.support.server import Org

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "x", "true", "0", "0" * 32, "start_run", "everyone", "days", "a@b.example", "\u2028", "é" * 700]
    ),
)
KEYS = st.sampled_from(
    [
        *(
            "id",
            "title",
            "type",
            "label",
            "field_type",
            "required",
            "options",
            "text",
            "columns",
            "value",
            "unit",
            "step",
        ),
        *("users", "guests", "groups", "assignees", "data", "settings", "conditions", "then_actions", "READ", "EDIT"),
        *("action_type", "action_verb", "target_step_id", "conditionable_id", "conditionable_type", "operation"),
        *("step", "statement", "position", "captures", "steps", "permissions", "deadline", "reverse_rules_on_reopen"),
    ]
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def bodies(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(kind.__struct_fields__), ANYTHING, max_size=6)


@hypothesis.given(bodies(NewTemplateBody), st.booleans())
def test_heads_are_checked_whatever_is_given(data: dict[str, Any], is_new: bool) -> None:
    current = None if is_new else Head(title="T", type="form", owner_id=1)
    errors = Errors()
    roster, folders = Roster([1], ["0" * 32]), {"0" * 32: "checklist"}
    head = head_from(data, current=current, creator_id=1, roster=roster, folders=folders, errors=errors)
    if not errors:
        assert 0 < len(head.title) <= 250
        assert head.owner_id == 1
        assert set(head.users) <= {1}
        assert head.type in ("procedure", "form", "document")


@hypothesis.given(st.dictionaries(st.just("permissions"), ANYTHING))
def test_permissions_are_checked_whatever_is_given(data: dict[str, Any]) -> None:
    errors = Errors()
    found = from_wire(data, roster=Roster([1], ["0" * 32]), errors=errors)
    if not errors:
        for listed in found.values():
            assert set(listed) <= {"everyone", "standard", "nobody", "u:1", f"r:{'0' * 32}"}


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/checklists", NewTemplateBody),
        ("PUT", "/checklists/{template}", NewTemplateBody),
        ("POST", "/checklists/{template}/steps", StepBody),
        ("PUT", "/checklists/{template}/steps/{step}", StepBody),
        ("POST", "/checklists/{template}/steps/{step}/captures", FieldBody),
        ("POST", "/checklists/{template}/automated-actions", RuleBody),
        ("POST", "/checklists/{template}/stages", StageBody),
    ],
)
def test_no_body_makes_the_server_fail(org: Org, method: str, path: str, kind: Any) -> None:
    checklist = template(org)
    path = path.format(template=checklist["id"], step=checklist["steps"]["data"][0]["id"])

    @hypothesis.settings(max_examples=40)
    @hypothesis.given(bodies(kind))
    def send(body: dict[str, Any]) -> None:
        answer = org.http.request(method, path, json=body)
        assert answer.status_code in (200, 201, 422), answer.text
        if answer.status_code == 422:
            assert answer.json()["message"]

    send()


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_no_query_makes_the_server_fail(org: Org) -> None:
    template(org)
    words = st.sampled_from(["", "x", "%", "1", "-1", "true", "only", "0" * 40, "title", ",,,", "é", "\\", "9" * 30])
    names = ["q", "page", "per_page", "limit", "sort", "sort_by", "with", "status", "type", "starred", "folder", "tag"]
    queries = st.dictionaries(st.sampled_from([*names, "owner_id", "version", "archived", "folder_id"]), words)

    @hypothesis.settings(max_examples=100)
    @hypothesis.given(queries)
    def ask(query: dict[str, str]) -> None:
        answer = org.http.get("/checklists", params=query)
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.json()["data"], list)

    ask()
