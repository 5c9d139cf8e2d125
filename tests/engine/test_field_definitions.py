"""Form fields from client data: engine 4.1 and wire 2.9."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import Field
from handrail.engine.definitions import FIELD_TYPES, field_from
from handrail.engine.values import AnyPeople, check_value
from handrail.kernel.errors import Errors
from handrail.kernel.ids import is_id

NOW = 1_800_000_000_000
OPTIONS = [{"id": 1, "text": "UK", "value": None}, {"id": 2, "text": "EU"}]


def made(data: dict[str, Any], current: Field | None = None, taken: tuple[str, ...] = ()) -> Field:
    """The field; fails when it is refused."""
    errors = Errors()
    field = field_from(data, current=current, path="", errors=errors, now=NOW, taken_aliases=taken)
    assert errors.found == {}
    assert field is not None
    return field


def refused(data: dict[str, Any], current: Field | None = None) -> dict[str, list[str]]:
    """What is wrong; fails when nothing is."""
    errors = Errors()
    assert field_from(data, current=current, path="prerun.0", errors=errors, now=NOW, taken_aliases=()) is None
    assert errors
    return errors.found


def data(**more: Any) -> dict[str, Any]:
    return {"label": "Region", "field_type": "text", "required": False, **more}


def test_a_new_field_has_an_id_and_an_alias_of_its_label() -> None:
    field = made(data(label="Tax number", required="true", guidance="<p>See <script>x</script>letter</p>"))
    assert is_id(field.id)
    assert field.alias == f"tax-number-{field.id[-6:]}"
    assert field.required
    assert field.guidance == "<p>See letter</p>"
    assert (field.created_at, field.updated_at) == (NOW, NOW)


def test_an_alias_that_is_taken_is_not_given_again() -> None:
    field = made(data())
    errors = Errors()

    class Everything(set[str]):
        def __contains__(self, alias: object) -> bool:
            return isinstance(alias, str) and len(alias) == len(field.alias)

    other = field_from(data(), current=None, path="", errors=errors, now=NOW, taken_aliases=Everything())
    assert other is not None
    assert len(other.alias) > len(field.alias)


@pytest.mark.parametrize(
    ("given_data", "path", "advice"),
    [
        ({"field_type": "text", "required": True}, "label", "required"),
        (data(label="  "), "label", "required"),
        (data(label=5), "label", "must be text"),
        (data(label="x" * 601), "label", "at most 600"),
        (data(label="a\0"), "label", "U+0000"),
        (data(guidance="&" * 20_000), "guidance", "at most 20000"),
        ({"label": "A", "required": True}, "field_type", "text, textarea, radio"),
        (data(field_type="signature"), "field_type", "assignees_form"),
        (data(field_type=["text"]), "field_type", "one of"),
        ({"label": "A", "field_type": "text"}, "required", "must be present"),
        (data(required=None), "required", "true or false"),
        (data(required="maybe"), "required", "true or false"),
        (data(required=[]), "required", "true or false"),
        (data(field_type="radio"), "options", "at least 2"),
        (data(field_type="radio", options=OPTIONS[:1]), "options", "at least 2"),
        (data(field_type="dropdown", options=[]), "options", "at least 1"),
        (data(field_type="dropdown", options="UK,EU"), "options", "a list"),
        (data(field_type="dropdown", options=["UK"]), "options.0", "an object"),
        (data(field_type="dropdown", options=[{"id": "1", "text": "UK"}]), "options.0.id", "whole number"),
        (data(field_type="dropdown", options=[{"text": "UK"}]), "options.0.id", "whole number"),
        (data(field_type="dropdown", options=[{"id": 1}]), "options.0.text", "required"),
        (data(field_type="dropdown", options=[*OPTIONS, {"id": 2, "text": "US"}]), "options.2.id", "used twice"),
        (data(field_type="table"), "columns", "at least one column"),
        (data(field_type="table", columns=[{"id": 1, "label": ""}]), "columns.0.label", "required"),
        (data(field_validation=["numbers"]), "field_validation.0", "alpha_dash, min:N"),
        (data(field_validation="min:x"), "field_validation.0", "one of"),
        (data(field_validation=["min:1.5"]), "field_validation", "whole number"),
        (data(field_validation=["min:5", "max:2"]), "field_validation", "larger than the max"),
        (data(settings="none"), "settings", "object"),
        (data(settings={"read_only": "perhaps"}), "settings.read_only", "true or false"),
        (data(default_value="a@b", default_value_enabled=True, field_type="email"), "default_value", "name@example"),
        (
            data(field_type="table", columns=[{"id": 1, "label": "A"}], default_value=["x"], default_value_enabled=1),
            "default_value",
            "takes no default",
        ),
        (
            data(field_type="radio", options=OPTIONS, default_value="Asia", default_value_enabled=True),
            "default_value",
            '"UK", "EU"',
        ),
    ],
)
def test_4_1_refusals(given_data: dict[str, Any], path: str, advice: str) -> None:
    found = refused(given_data)
    assert list(found) == [f"prerun.0.{path}"]
    assert advice in found[f"prerun.0.{path}"][0]


def test_several_mistakes_are_told_at_once() -> None:
    assert set(refused({"field_type": "radio", "prefix": 5})) == {
        "prerun.0.label",
        "prerun.0.required",
        "prerun.0.options",
        "prerun.0.prefix",
    }


@pytest.mark.parametrize(
    ("name", "field_type", "expected"),
    [
        ("number", "text", {"field_validation": ("max:9", "numeric")}),
        ("url", "text", {"field_validation": ("max:9", "url")}),
        ("datetime", "date", {"collect_time": True}),
        ("time", "date", {"collect_time": True}),
        ("select", "dropdown", {"options": tuple(OPTIONS)}),
        ("checkbox", "multiselect", {"options": tuple(OPTIONS)}),
    ],
)
def test_wire_3_other_names_of_types(name: str, field_type: str, expected: dict[str, Any]) -> None:
    field = made(data(field_type=name, options=OPTIONS, field_validation="max:9"))
    assert field.field_type == field_type
    for key, value in expected.items():
        assert getattr(field, key) == value


def test_a_lone_checkbox_is_a_list_of_one() -> None:
    assert made(data(field_type="checkbox", label="I agree")).options == ({"id": 1, "text": "I agree"},)


def test_validations_may_be_joined_by_bars() -> None:
    assert made(data(field_validation="numeric|min:-3|max:40.5|")).field_validation == ("numeric", "min:-3", "max:40.5")


def test_only_our_settings_are_kept() -> None:
    assert made(data(settings={"must_all_checked": "1", "read_only": False, "color": "red"})).settings == {
        "must_all_checked": True,
        "read_only": False,
    }
    assert made(data(settings={"color": "red"})).settings is None
    assert made(data(settings=[])).settings is None


def test_what_belongs_to_other_types_is_left_out() -> None:
    field = made(data(options=OPTIONS, columns=[{"id": 1, "label": "A"}], collect_time=True, use_wysiwyg_editor=True))
    assert (field.options, field.columns, field.collect_time, field.use_wysiwyg_editor) == ((), (), False, False)


def test_option_extras_are_kept_and_unknown_keys_dropped() -> None:
    options = [{"id": 7, "text": "UK", "value": None, "required": True, "color": "red", "description": "home"}]
    assert made(data(field_type="dropdown", options=options)).options == (
        {"id": 7, "text": "UK", "value": None, "required": True, "description": "home"},
    )


def test_decision_1_absent_keys_stay() -> None:
    current = made(data(field_type="radio", options=OPTIONS, guidance="g", settings={"read_only": True}))
    changed = made({"label": "New name", "id": "other", "alias": "other", "created_at": "x"}, current)
    assert changed.label == "New name"
    assert (changed.id, changed.alias, changed.created_at) == (current.id, current.alias, current.created_at)
    assert (changed.options, changed.guidance, changed.settings) == (current.options, "g", {"read_only": True})
    assert refused({"label": ""}, current).keys() == {"prerun.0.label"}
    assert refused({"options": []}, current).keys() == {"prerun.0.options"}
    assert made({"guidance": None, "settings": None}, current).guidance is None


def test_an_echoed_field_stays_what_it_is() -> None:
    current = made(data(field_type="dropdown", options=OPTIONS, default_value="EU", default_value_enabled=True))
    echo = {name: getattr(current, name) for name in current.__struct_fields__}
    echo["options"] = list(current.options)
    assert made(echo, current) == current


def test_a_change_of_type_drops_a_default_that_no_longer_fits() -> None:
    current = made(data(default_value="soon", default_value_enabled=True))
    changed = made({"field_type": "date"}, current)
    assert (changed.default_value, changed.default_value_enabled) == (None, False)
    assert "prerun.0.default_value" in refused({"field_type": "date", "default_value": "soon"}, current)


@pytest.mark.parametrize(
    ("field_type", "default"),
    [
        ("text", "for {{client}}"),
        ("textarea", "<p>{{client}}</p>"),
        ("email", "{{contact}}"),
        ("date", "today+3"),
        ("date", "{{start}}"),
        ("date", "2027-03-09"),
        ("radio", "EU"),
        ("radio", 2),
        ("dropdown", {"id": 2, "text": "EU"}),
        ("dropdown", "EU"),
        ("multiselect", ["EU", 1]),
        ("multiselect", [{"id": 2, "text": "EU", "selected": True}]),
    ],
)
def test_decision_66_defaults_are_kept_as_sent(field_type: str, default: Any) -> None:
    field = made(data(field_type=field_type, options=OPTIONS, default_value=default, default_value_enabled=True))
    assert field.default_value == default


# ----------------------------------------------------------------------------------------------------- properties

KEYS = ["label", "field_type", "required", "options", "columns", "field_validation", "default_value", "settings", "id"]
MORE_KEYS = ["default_value_enabled", "list", "prefix", "collect_time", "use_wysiwyg_editor", "text", "guidance"]
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["text", "radio", "dropdown", "multiselect", "table", "date", "checkbox", "EU", "numeric", "today"]
    )
)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS + MORE_KEYS), inner, max_size=4),
    max_leaves=10,
)
OPTION_LISTS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 4), "text": st.sampled_from(["UK", "EU", "US"])}), max_size=3
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "label": st.just("A") | JSON,
        "field_type": st.sampled_from([*FIELD_TYPES, "number", "checkbox", "select"]) | JSON,
        "required": st.booleans() | JSON,
        "options": OPTION_LISTS | JSON,
        "columns": st.just([{"id": 1, "label": "A"}]) | JSON,
        "default_value": st.sampled_from(["EU", "today", 1]) | JSON,
        "default_value_enabled": st.booleans() | JSON,
        **dict.fromkeys(("field_validation", "settings", "list", "prefix", "guidance", "collect_time"), JSON),
    },
)


@given(st.lists(BODIES, min_size=1, max_size=4))
def test_any_sequence_of_bodies_leaves_a_sound_field(bodies: list[dict[str, Any]]) -> None:
    current: Field | None = None
    for body in bodies:
        errors = Errors()
        changed = field_from(body, current=current, path="p", errors=errors, now=NOW, taken_aliases=())
        assert (changed is None) == bool(errors)
        assert all(path.startswith("p.") for path in errors.found)
        if changed is None:
            continue
        assert current is None or (changed.id, changed.alias) == (current.id, current.alias)
        assert changed.field_type in FIELD_TYPES
        assert len({option["id"] for option in changed.options}) == len(changed.options)
        # every field can be answered or says why not
        check_value(changed, "x", AnyPeople(), path="v", errors=Errors())
        again = field_from({}, current=changed, path="p", errors=Errors(), now=NOW, taken_aliases=())
        assert again == changed
        current = changed
