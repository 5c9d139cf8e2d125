"""The public JSON of launching many processes at once (engine 3.6)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta


class BulkBody(msgspec.Struct, kw_only=True):
    """A sheet of launches: one of `csv`, `lines` and `rows`."""

    checklist_id: Annotated[str, Meta(description="The template; also as a query parameter.")] | None = None
    csv: Annotated[str, Meta(description="CSV whose first line names the columns.")] | None = None
    lines: Annotated[str, Meta(description="Lines of JSON, each an object with column names as keys.")] | None = None
    rows: Annotated[list[dict[str, Any]], Meta(description="The same objects as a list.")] | None = None
    dry_run: Annotated[bool, Meta(description="true: check everything, launch nothing.")] | None = None
    batch: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="Names the upload: a row is launched once in a batch. Without it, today's date.",
            ),
        ]
        | None
    ) = None


class BulkRow(msgspec.Struct, kw_only=True):
    """What became of one row."""

    row: Annotated[int, Meta(description="From 1, the first row below the header.")]
    status: Annotated[str, Meta(description="`launched`, `valid` (of a dry run), `repeated` or `invalid`.")]
    run_id: str | None
    name: str | None
    errors: Annotated[dict[str, list[str]], Meta(description="What is wrong, by column.")]


class BulkReport(msgspec.Struct, kw_only=True):
    """What became of a sheet."""

    checklist_id: str
    batch: str
    dry_run: bool
    launched: int
    valid: int
    repeated: int
    invalid: int
    rows: list[BulkRow]


_ROW: dict[str, Any] = {
    "row": 1,
    "status": "launched",
    "run_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
    "name": "Vendor intake - Atlantic Pilots",
    "errors": {},
}
EXAMPLES: dict[str, Any] = {
    "BulkBody": {
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "rows": [{"Vendor name": "Atlantic Pilots", "owner": "ann@pilots.example"}],
        "dry_run": False,
        "batch": "vendors of March",
    },
    "BulkRow": _ROW,
    "BulkReport": {
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "batch": "vendors of March",
        "dry_run": False,
        "launched": 1,
        "valid": 0,
        "repeated": 0,
        "invalid": 0,
        "rows": [_ROW],
    },
}
