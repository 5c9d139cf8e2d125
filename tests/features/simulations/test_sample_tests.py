"""The saved tests of the sample templates pass, and are found wanting when the template is changed."""

from typing import Any

import pytest

from tests.examples.samples import SAMPLES, Sample
from tests.features.builders import made
from tests.support.server import Org

TESTED = [sample for sample in SAMPLES if "template_tests" in sample.template]


def test_the_samples_with_most_rules_have_tests() -> None:
    assert {"incident-response", "employee-onboarding", "purchase-approval"} <= {sample.slug for sample in TESTED}


@pytest.mark.parametrize("sample", TESTED, ids=lambda sample: sample.slug)
def test_saved_tests_pass(org: Org, sample: Sample) -> None:
    checklist = made(org.http.post("/checklists", json=sample.template))
    told = made(org.http.post(f"/x/checklists/{checklist['id']}/tests/run"), 200)
    assert [one["failures"] for one in told["tests"]] == [[] for _ in sample.template["template_tests"]]
    assert told["passing"] == len(sample.template["template_tests"]) >= 3
    assert told["rules_covered"] * 2 >= len(told["rules"])
    # each of them depends on a rule
    for rule in made(org.http.get(f"/checklists/{checklist['id']}"), 200)["automated_actions"]:
        org.http.delete(f"/checklists/{checklist['id']}/automated-actions/{rule['id']}").raise_for_status()
    broken: dict[str, Any] = made(org.http.post(f"/x/checklists/{checklist['id']}/tests/run"), 200)
    assert broken["passing"] == 0
