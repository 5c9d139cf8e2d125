"""Launching many processes from a sheet, row by row, each of them once (engine 3.6).

Rows are independent: one that is wrong is reported, and the others are launched. Several share a transaction, because
nothing is written for a row before it is known to be right.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.engine.definition import Field, Template
from handrail.engine.sheet import MOST_ROWS, Row, Sheet, columns_of, keys_of, read_csv, read_lines, read_objects
from handrail.engine.typed import parts, value_of
from handrail.engine.value_checks import Wrong
from handrail.features.folders import service as folders
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.processes import launching, opening, wire
from handrail.features.processes.bulk_wire import BulkBody, BulkReport, BulkRow
from handrail.features.tags import service as tags
from handrail.features.templates import service as templates
from handrail.http.call import Call
from handrail.kernel.actor import Actor
from handrail.kernel.decoded import as_list
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.ids import integer_id, is_id
from handrail.kernel.worktime import local
from handrail.ports.database import Reader, Transaction
from handrail.schema.launch_tables import bulk_rows
from handrail.schema.statement import Statement, any_of
from handrail.schema.words import insert_all, is_, own

ROWS_AT_ONCE = 20
YES, NO = ("true", "yes", "1", "x"), ("false", "no", "0")

_launched = Statement[tuple[str, str]](
    sa.select(bulk_rows.c.row_key, bulk_rows.c.process_id).where(
        own(bulk_rows), is_(bulk_rows.c.template_id), is_(bulk_rows.c.batch), any_of(bulk_rows.c.row_key, "keys")
    )
)
_insert = Statement[None](insert_all(bulk_rows))


class _Undone(Exception):
    """Ends the transaction of a dry run without a trace."""


class Known(msgspec.Struct, frozen=True):
    """What the cells of a sheet name: members by address, tags by title, folders by name."""

    members: Mapping[str, int]
    tags: Mapping[str, str]
    folders: Mapping[str, str]


async def launch(call: Call, body: BulkBody) -> BulkReport:
    """Launch every row that is right and was not launched before in its batch. NotFound, Denied, Invalid."""
    sheet = _sheet(body)
    template_id = body.checklist_id or call.query.get("checklist_id", "")
    if not is_id(template_id):
        raise NotFound
    actor, now = call.actor, call.application.clock.now()
    dry_run = bool(call.truth("dry_run")) if body.dry_run is None else body.dry_run

    async def begin(tx: Transaction) -> tuple[Template, Known, str]:
        template = await templates.load_for_launch(tx, actor, template_id)
        organization = await organizations.load(tx, actor.organization_id)
        # a repetition that goes on belongs to the day of the first one
        day = f"{local(call.began_at or now, organization.timezone):%Y-%m-%d}"
        return template, await _known(tx, actor, sheet), day

    template, known, day = await call.database.write(begin)
    errors = Errors()
    columns = columns_of(sheet, template.definition.kickoff, errors)
    errors.raise_if_any()
    batch = (body.batch or call.query.get("batch", "")).strip()[:100] or day
    rows = list(zip(sheet.rows, keys_of(sheet.rows), strict=True))
    report: list[BulkRow] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]

        async def change(tx: Transaction, some: list[tuple[Row, str]] = some) -> list[BulkRow]:
            return await _launch_some(tx, actor, template_id, batch, some, columns, known, now, dry_run=dry_run)

        if not dry_run:
            report += await call.database.write(change)
            continue
        found: list[BulkRow] = []

        async def look(tx: Transaction, found: list[BulkRow] = found, change: Any = change) -> None:
            found[:] = await change(tx)
            raise _Undone

        try:
            await call.database.write(look)
        except _Undone:
            report += found
    counts = {status: sum(row.status == status for row in report) for status in ("launched", "valid", "repeated")}
    return BulkReport(
        checklist_id=template_id,
        batch=batch,
        dry_run=dry_run,
        invalid=len(report) - sum(counts.values()),
        rows=report,
        **counts,
    )


def _sheet(body: BulkBody) -> Sheet:
    given = [name for name in ("csv", "lines", "rows") if getattr(body, name) is not None]
    if len(given) != 1:
        raise Invalid({"rows": "Send the rows as one of csv, lines and rows."})
    errors = Errors()
    if body.csv is not None:
        sheet = read_csv(body.csv, errors)
    elif body.lines is not None:
        sheet = read_lines(body.lines, errors)
    else:
        sheet = read_objects(body.rows or (), errors)
    if len(sheet.rows) > MOST_ROWS:
        errors.add(given[0], f"There are {len(sheet.rows)} rows; {MOST_ROWS} are the most in one call.")
    errors.raise_if_any()
    return sheet


async def _known(reader: Reader, actor: Actor, sheet: Sheet) -> Known:
    """Look up once what all rows name; any cell may name people."""
    organization_id = actor.organization_id
    addresses: set[str] = set()
    titles: set[str] = set()
    for row in sheet.rows:
        for name, cell in row.cells.items():
            if not isinstance(cell, str):
                continue
            if "@" in cell:
                addresses.update(part.lower() for part in parts(cell) if "@" in part and len(part) <= 320)
            if name.lower() == "tags":
                titles.update(parts(cell))
    return Known(
        await people.members_at(reader, organization_id, addresses),
        await tags.by_title(reader, organization_id, sorted(titles)),
        await folders.by_name(reader, organization_id),
    )


async def _launch_some(
    tx: Transaction,
    actor: Actor,
    template_id: str,
    batch: str,
    rows: list[tuple[Row, str]],
    columns: Mapping[str, Field | str],
    known: Known,
    now: int,
    *,
    dry_run: bool,
) -> list[BulkRow]:
    place = {"organization_id": actor.organization_id, "template_id": template_id, "batch": batch}
    before = dict(await tx.all(_launched, **place, keys=[key for _, key in rows]))
    report: list[BulkRow] = []
    for row, key in rows:
        if key in before:
            report.append(BulkRow(row=row.number, status="repeated", run_id=before[key], name=None, errors={}))
            continue
        errors = Errors()
        body = _body(template_id, row, columns, known, errors)
        if body.is_public and not opening.may_open(actor):
            errors.add("is_public", opening.NOT_YOURS)
        try:
            errors.raise_if_any()
            manner = launching.Manner(command={"origin": {"source": "bulk", "batch": batch, "row": row.number}})
            planned = await launching.plan(tx, actor, body, now, manner)
        except Invalid as invalid:
            named = _by_column(invalid.errors, columns)
            report.append(BulkRow(row=row.number, status="invalid", run_id=None, name=body.name, errors=named))
            continue
        process = planned.outcome.process
        if dry_run:
            report.append(BulkRow(row=row.number, status="valid", run_id=None, name=process.name, errors={}))
            continue
        await launching.store(tx, actor, planned, now)
        await tx.run(_insert, **place, row_key=key, process_id=process.id, created_at=now)
        report.append(BulkRow(row=row.number, status="launched", run_id=process.id, name=process.name, errors={}))
    return report


def _by_column(errors: Mapping[str, list[str]], columns: Mapping[str, Field | str]) -> dict[str, list[str]]:
    """Errors by the names that the sheet has for the columns; for a field without one, its label."""
    names = {f"prerun.{meant.id}": name for name, meant in columns.items() if not isinstance(meant, str)}
    names |= {"owner_id": "owner"}
    found: dict[str, list[str]] = {}
    for path, texts in errors.items():
        found.setdefault(names.get(path, path), []).extend(texts)
    return found


def _body(
    template_id: str, row: Row, columns: Mapping[str, Field | str], known: Known, errors: Errors
) -> wire.LaunchBody:
    """The launch that a row asks for; what cannot be read is in `errors` by the column's name."""
    if row.wrong:
        errors.add("row", row.wrong)
    answers: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    for name, cell in row.cells.items():
        meant = columns.get(name)
        if meant is None or cell is None or (isinstance(cell, str) and not cell.strip()):
            continue
        if isinstance(meant, str):
            settings |= _setting(meant, cell, known, name, errors)
            continue
        try:
            answers[meant.id] = value_of(meant, cell, known.members) if isinstance(cell, str) else cell
        except Wrong as wrong:
            errors.add(name, f"{meant.label} {wrong}")
    return wire.LaunchBody(checklist_id=template_id, prerun=answers, **settings)


def _setting(word: str, cell: Any, known: Known, name: str, errors: Errors) -> dict[str, Any]:
    """What a cell says of the process itself."""
    if isinstance(cell, bool):
        cell = "true" if cell else "false"
    elif isinstance(cell, int):
        cell = str(cell)
    elif (entries := as_list(cell)) is not None:
        cell = ";".join(str(entry) for entry in entries)
    if not isinstance(cell, str) or "\0" in cell:
        errors.add(name, "This must be text.")
        return {}
    text = cell.strip()
    if word == "name":
        if len(text) > 550:
            errors.add(name, "The name may have at most 550 characters.")
        return {"name": text[:550]}
    if word == "summary":
        return {"summary": text[:100_000]}
    if word == "owner":
        owner = known.members.get(text.lower()) or integer_id(text)
        if owner is None:
            errors.add(name, f"{text[:80]} is no member of this organization; write an e-mail address or an id.")
        return {"owner_id": owner}
    if word == "tags":
        return {"tags": [known.tags.get(part, part) for part in parts(text)]}
    if word == "folders":
        return {"folders": [known.folders.get(part, part) for part in parts(text)]}
    if word == "parent_id":
        return {"parent_id": text}
    if text.lower() not in (*YES, *NO):
        errors.add(name, "Write true or false.")
    return {word: text.lower() in YES}
