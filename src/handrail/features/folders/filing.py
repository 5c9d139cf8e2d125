"""Filing processes and tasks: into a folder and out of it again (wire FLD-6, FLD-7)."""

from handrail.features.activity.service import Entry, record
from handrail.features.folders import service, store, wire
from handrail.features.folders.store import ObjectRow
from handrail.features.records import service as records
from handrail.features.records.service import Record
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.ids import is_id
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction

TYPES = ("Run", "Task")


async def put_in(tx: Transaction, actor: Actor, body: wire.FolderObjectBody, now: int) -> wire.FolderObject:
    """File a process or task; the relation that is there already when it is in the folder. Denied, Invalid."""
    errors = Errors()
    if body.subject_type == "Checklist":
        errors.add("subject_type", "Templates are filed by their own `folder_id`.")
    elif body.subject_type not in TYPES:
        errors.add("subject_type", f"The subject_type must be one of {', '.join(TYPES)}.")
    folder = None
    if is_id(body.folder_id):
        folder = await tx.one(store.get, organization_id=actor.organization_id, id=body.folder_id)
    if folder is None or folder.folder_type != service.PROCESSES:
        errors.add("folder_id", "The folder_id must be the id of a folder of processes.")
    errors.raise_if_any()
    assert folder is not None
    subject = await _subject(tx, actor, body)
    permit(actor, "folder.file", subject.relations)
    wanted = {
        "organization_id": actor.organization_id,
        "folder_id": folder.id,
        "subject_type": subject.type,
        "subject_id": subject.id,
    }
    present = await tx.one(store.relation_with, **wanted)
    if present is None:
        await service.put_in(tx, actor.organization_id, subject.type, subject.id, [folder.id], now)
        present = await tx.one(store.relation_with, **wanted)
        assert present is not None
        await _tell(tx, actor, subject, "linked", f"Put {subject.title} into the folder {folder.name}", folder.id, now)
    return _shown(present)


async def _subject(tx: Transaction, actor: Actor, body: wire.FolderObjectBody) -> Record:
    try:
        subject = await records.find(tx, actor, body.subject_type, body.subject_id)
    except NotFound:
        raise Invalid({"subject_id": "There is no such process or task here."}) from None
    if subject.is_archived:
        raise Invalid({"subject_id": "This is archived; what is archived is not filed anew."})
    return subject


async def take_out(tx: Transaction, actor: Actor, number: int, now: int) -> None:
    """Take a process or task out of a folder, by the id of the relation. NotFound, Denied."""
    row = await tx.one(store.relation, organization_id=actor.organization_id, id=number)
    if row is None:
        raise NotFound
    subject = await records.find(tx, actor, row.subject_type, row.subject_id)
    permit(actor, "folder.file", subject.relations)
    await tx.run(store.delete_objects, organization_id=actor.organization_id, ids=[number])
    said = f"Took {subject.title} out of the folder {row.name}"
    await _tell(tx, actor, subject, "unlinked", said, row.folder_id, now)


def _shown(row: ObjectRow) -> wire.FolderObject:
    return wire.FolderObject(
        id=row.id,
        folder_id=row.folder_id,
        subject_id=row.subject_id,
        subject_type=row.subject_type,
        created_at=iso(row.created_at),
    )


async def _tell(tx: Transaction, actor: Actor, subject: Record, verb: str, said: str, folder_id: str, now: int) -> None:
    entry = Entry(
        verb=verb,
        subject_type=subject.type,
        subject_id=subject.id,
        description=said,
        detail={"folder_id": folder_id},
    )
    await record(tx, actor, now, [entry])
