"""The repository speaks of the project alone: no path of the machine it was written on, readable text everywhere."""

import re

from tests.lint.repository import ROOT, files, named

BINARY = {".png", ".ico", ".woff2", ".gz", ".zip", ".xlsx", ".pdf", ".jpg", ".webp", ".sqlite"}
# Put together here, so that this file does not find itself.
FOREIGN = re.compile(rf"(?<![\w.])/({'|'.join(('root', 'work'))})/")


def test_no_path_of_a_machine() -> None:
    here = f"{ROOT}/"
    found: list[str] = []
    for file in files():
        if file.suffix in BINARY:
            continue
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if here in line or FOREIGN.search(line):
                found.append(f"{named(file)}:{number}")
    assert found == []
