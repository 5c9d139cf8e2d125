"""The sample runs under the real rules, beside the independent reading that the samples are checked with."""

from functools import lru_cache
from typing import Any

import pytest

from handrail.engine.definition import Template
from handrail.engine.template_import import Imported, import_definition
from handrail.engine.values import AnyPeople
from handrail.kernel.errors import Errors
from tests.engine.builders import DAY_MS, NOON
from tests.engine.rules.play import Play
from tests.examples.replay import Replay
from tests.examples.samples import BY_SLUG, SAMPLES, Json, Sample
from tests.examples.test_examples import HIDDEN_AFTERWARDS

EVERY_SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)


@lru_cache(maxsize=16)
def imported(slug: str) -> Imported:
    errors = Errors()
    found = import_definition(BY_SLUG[slug].template, people=AnyPeople(), errors=errors, now=NOON)
    assert errors.found == {}
    assert found is not None
    return found


class Run:
    """A sample's process in the engine, by the names that its files use."""

    def __init__(self, sample: Sample, kickoff: Json) -> None:
        found = imported(sample.slug)
        self.ids = found.ids
        self.names = {new: name for name, new in found.ids.items()}
        made = Template(
            id="f" * 32,
            version=1,
            title=sample.template["title"],
            type=sample.template.get("type", "procedure"),
            definition=found.definition,
        )
        self.play = Play(made, launch={"kickoff": self.translated(kickoff)})

    def translated(self, answers: Json) -> Json:
        return {self.ids[name]: value for name, value in answers.items()}

    def complete(self, name: str, answers: Json, approved: Any) -> None:
        """Complete a step as its people would, or let it expire where `approved` is False and no approval."""
        step_id = self.ids[name]
        task = self.play.task(step_id)
        if approved is False and task.task_type != "approval":
            assert task.deadline is not None
            self.play.day = max(self.play.day, (task.deadline - NOON) / DAY_MS + 1)
            self.play.expire(step_id)
        else:
            self.play.complete(step_id, approved, **self.translated(answers))
        assert self.play.task(step_id).is_done, name

    @property
    def visible(self) -> set[str]:
        return {self.names[step_id] for step_id in self.play.visible}

    @property
    def changed(self) -> set[str]:
        return {self.names[step_id] for step_id in self.play.changed}


@EVERY_SAMPLE
def test_the_run_goes_as_its_file_says(sample: Sample) -> None:
    run, replay = Run(sample, sample.run["prerun"]), Replay(sample, sample.run["prerun"])
    assert run.visible == replay.visible
    for task in sample.run["tasks"]:
        name = task["step"]
        if task.get("unless_rules"):
            assert name not in run.visible, name
            continue
        assert name in run.visible, name
        before = replay.visible.copy()
        run.complete(name, task["taskdata"], task.get("is_approved", True))
        replay.complete(name, task["taskdata"], task.get("is_approved", True))
        assert run.visible == replay.visible, name
        assert replay.visible ^ before <= run.changed, name
    assert run.play.process.status == "complete"
    assert run.play.process.tasks_total == len(run.visible)


@pytest.mark.parametrize(("slug", "changed", "decisions", "hidden"), HIDDEN_AFTERWARDS.values(), ids=HIDDEN_AFTERWARDS)
def test_other_answers_lead_through_other_steps(
    slug: str, changed: Json, decisions: dict[str, bool], hidden: set[str]
) -> None:
    sample = BY_SLUG[slug]
    on_step = {field["id"]: step["id"] for step in sample.template["steps"] for field in step["captures"]}
    kickoff = sample.run["prerun"] | {name: value for name, value in changed.items() if name not in on_step}
    run = Run(sample, kickoff)
    for task in sample.run["tasks"]:
        name = task["step"]
        if name in run.visible:
            own = {field: value for field, value in changed.items() if on_step.get(field) == name}
            run.complete(name, task["taskdata"] | own, decisions.get(name, task.get("is_approved", True)))
    assert set(sample.steps) - run.visible == hidden
    assert run.play.process.status == "complete"
