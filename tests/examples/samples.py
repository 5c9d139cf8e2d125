"""Reading the sample files: one folder of examples/ is one sample, a template and one realistic run of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True)
class Sample:
    slug: str
    template: Json
    run: Json

    @property
    def steps(self) -> dict[str, Json]:
        return {step["id"]: step for step in self.template["steps"]}

    @property
    def kickoff_fields(self) -> dict[str, Json]:
        return {field["id"]: field for field in self.template["prerun"]}

    @property
    def step_fields(self) -> dict[str, Json]:
        return {field["id"]: field for step in self.template["steps"] for field in step["captures"]}

    def all_fields(self) -> Iterator[Json]:
        yield from self.template["prerun"]
        for step in self.template["steps"]:
            yield from step["captures"]


def read(folder: Path) -> Sample:
    def content(name: str) -> Json:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    return Sample(folder.name, content("template.json"), content("run.json"))


SAMPLES = [read(path.parent) for path in sorted(FOLDER.glob("*/template.json"))]
BY_SLUG = {sample.slug: sample for sample in SAMPLES}
