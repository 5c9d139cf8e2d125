"""Who fills the job titles of steps (engine 7.1, 7.2), for any titles, picks and people that stand in them."""

from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import NOBODY, Owners, Step
from handrail.engine.new_tasks import title_picks

TITLES = st.sampled_from(["lead", "second", "third"])
PEOPLE = st.builds(Owners, users=st.lists(st.integers(1, 5), max_size=2, unique=True).map(tuple))
FILLED = st.dictionaries(TITLES, PEOPLE)


@given(st.lists(TITLES, unique=True), FILLED, FILLED, st.booleans())
def test_a_pick_comes_first_then_who_stands_in_the_title(
    titles: list[str], picked: dict[str, Owners], standing: dict[str, Owners], asks: bool
) -> None:
    step = Step(id="a", alias="a", title="A", roles=tuple(titles), role_changes_every_time=asks)
    found = title_picks(step, picked, standing)
    assert list(found) == titles
    for title, people in found.items():
        if picked.get(title):
            assert people == picked[title]
        else:
            assert people == (NOBODY if asks else standing.get(title, NOBODY))
