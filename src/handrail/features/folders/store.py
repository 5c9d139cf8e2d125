"""The SQL of folders, and of processes and tasks in them. Templates name their folder themselves."""

from functools import lru_cache

import msgspec
import sqlalchemy as sa

from handrail.features.processes.visibility import process_is_visible, task_is_visible
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import folder_objects, folders, processes, tasks
from handrail.schema.words import insert_all, is_, organization_id, own, set_all


class FolderRow(msgspec.Struct, frozen=True):
    """A folder."""

    id: str
    name: str
    folder_type: str
    parent_id: str | None
    position: int
    created_at: int
    updated_at: int


_columns = tuple(folders.c[name] for name in FolderRow.__struct_fields__)
_one = sa.select(*_columns).where(own(folders), is_(folders.c.id))

get = Statement(_one, FolderRow)
named = Statement(sa.select(*_columns).where(own(folders), any_of(folders.c.id, "ids")), FolderRow)
# everything of one type, locked where the tree is about to change: of two moves one sees what the other has done
of_type = Statement(
    sa.select(*_columns).where(own(folders), is_(folders.c.folder_type)).order_by(folders.c.position, folders.c.id),
    FolderRow,
)
lock_type = Statement(
    sa.select(*_columns).where(own(folders), is_(folders.c.folder_type)).order_by(folders.c.id).with_for_update(),
    FolderRow,
)

insert = Statement[None](insert_all(folders))
update = Statement[None](
    sa.update(folders)
    .where(own(folders), is_(folders.c.id))
    .values(set_all(folders, "name", "parent_id", "position", "updated_at"))
)
delete = Statement[None](sa.delete(folders).where(own(folders), is_(folders.c.id)))


class Shape(msgspec.Struct, frozen=True):
    """What decides the text of the list's statement."""

    order: str = "position"
    searching: bool = False


def _conditions(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [own(folders), is_(folders.c.folder_type)]
    if shape.searching:
        found.append(sa.func.lower(folders.c.name).like(sa.bindparam("q", type_=sa.Text), escape="\\"))
    return found


@lru_cache(maxsize=32)
def page(shape: Shape) -> Statement[FolderRow]:
    """A page of the folders of one type."""
    word = shape.order.removeprefix("-")
    down = shape.order.startswith("-")
    column: sa.ColumnElement[object] = sa.func.lower(folders.c.name) if word == "name" else folders.c[word]
    statement = sa.select(*_columns).where(*_conditions(shape))
    statement = statement.order_by(
        column.desc() if down else column.asc(), folders.c.id.desc() if down else folders.c.id.asc()
    )
    limit, offset = (sa.bindparam(name, type_=sa.BigInteger) for name in ("limit", "offset"))
    return Statement(statement.limit(limit).offset(offset), FolderRow)


@lru_cache(maxsize=4)
def total(shape: Shape) -> Statement[tuple[int]]:
    """How many folders the list has; the order does not matter."""
    return Statement(sa.select(sa.func.count()).select_from(folders).where(*_conditions(shape)))


# processes and tasks in folders


class ObjectRow(msgspec.Struct, frozen=True):
    """A process or task in a folder."""

    id: int
    folder_id: str
    name: str
    subject_type: str
    subject_id: str
    created_at: int


_objects = (
    sa.select(
        folder_objects.c.id,
        folder_objects.c.folder_id,
        folders.c.name,
        folder_objects.c.subject_type,
        folder_objects.c.subject_id,
        folder_objects.c.created_at,
    )
    .select_from(
        folder_objects.join(
            folders, sa.and_(folders.c.organization_id == organization_id, folders.c.id == folder_objects.c.folder_id)
        )
    )
    .where(own(folder_objects))
    .order_by(folder_objects.c.id)
)
on_subjects = Statement(
    _objects.where(is_(folder_objects.c.subject_type), any_of(folder_objects.c.subject_id, "subject_ids")), ObjectRow
)
relation = Statement(_objects.where(is_(folder_objects.c.id)), ObjectRow)
relation_with = Statement(
    _objects.where(
        is_(folder_objects.c.subject_type), is_(folder_objects.c.subject_id), is_(folder_objects.c.folder_id)
    ),
    ObjectRow,
)
insert_object = Statement[None](insert_all(folder_objects))
delete_objects = Statement[None](
    sa.delete(folder_objects).where(own(folder_objects), any_of(folder_objects.c.id, "ids"))
)
delete_of_subjects = Statement[None](
    sa.delete(folder_objects).where(own(folder_objects), any_of(folder_objects.c.subject_id, "subject_ids"))
)


def _counted(table: sa.Table, subject_type: str, *conditions: sa.ColumnElement[bool]) -> Statement[tuple[str, int]]:
    return Statement(
        sa.select(folder_objects.c.folder_id, sa.func.count())
        .select_from(
            folder_objects.join(
                table, sa.and_(table.c.organization_id == organization_id, table.c.id == folder_objects.c.subject_id)
            )
        )
        .where(
            own(folder_objects),
            any_of(folder_objects.c.folder_id, "ids"),
            folder_objects.c.subject_type == sa.literal_column(f"'{subject_type}'"),
            table.c.archived_at.is_(None),
            *conditions,
        )
        .group_by(folder_objects.c.folder_id)
    )


@lru_cache(maxsize=2)
def contents(restricted: bool) -> tuple[Statement[tuple[str, int]], Statement[tuple[str, int]]]:
    """How many processes, and how many tasks, are in each of these folders; `restricted` to those one may see."""
    visible_process = [process_is_visible()] if restricted else []
    visible_task = [task_is_visible()] if restricted else []
    return _counted(processes, "Run", *visible_process), _counted(tasks, "Task", *visible_task)
