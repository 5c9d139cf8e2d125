"""Putting a tag on a template, process or task, and taking it off again (wire TAG-6, TAG-7)."""

from handrail.features.activity.service import Entry, record
from handrail.features.records import service as records
from handrail.features.records.service import Record
from handrail.features.tags import service, store, wire
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction

TAG_TYPES = ("private", "public")
UNKNOWN = "There is no such template, process or task here, or it is archived."


async def attach(tx: Transaction, actor: Actor, body: wire.TagAssociationBody, now: int) -> wire.TagAssociation:
    """Put a tag on a record; the association that is there already when it bears the tag. Denied, Invalid."""
    errors = Errors()
    if body.subject_type == "Step":
        errors.add("subject_type", "The tags of a step are part of it: change its `tags`.")
    elif body.subject_type not in records.TYPES:
        errors.add("subject_type", f"The subject_type must be one of {', '.join(records.TYPES)}.")
    if body.tag_type not in TAG_TYPES:
        errors.add("tag_type", f"The tag_type must be one of {', '.join(TAG_TYPES)}.")
    errors.raise_if_any()
    subject = await _subject(tx, actor, body)
    permit(actor, "tag.apply", subject.relations)
    tag = None
    if body.tag_type == "private":
        tag = await tx.one(store.get, organization_id=actor.organization_id, id=body.tag_id)
    if tag is None:
        raise Invalid({"tag_id": f"There is no {body.tag_type} tag with this id in this organization."})
    subject_key = {"subject_type": subject.type, "subject_id": subject.id}
    wanted = {"organization_id": actor.organization_id, "tag_id": tag.id, **subject_key}
    present = await tx.one(store.association_with, **wanted)
    if present is not None:
        return service.association(present)
    await service.put_on(tx, actor.organization_id, subject.type, [subject.id], [tag.id], now)
    await _tell(tx, actor, subject.type, subject.id, "linked", f"Tagged {subject.title} with {tag.title}", tag.id, now)
    made = await tx.one(store.association_with, **wanted)
    assert made is not None
    return service.association(made)


async def _subject(tx: Transaction, actor: Actor, body: wire.TagAssociationBody) -> Record:
    try:
        subject = await records.find(tx, actor, body.subject_type, body.subject_id)
    except NotFound:
        raise Invalid({"subject_id": UNKNOWN}) from None
    if subject.is_archived:
        raise Invalid({"subject_id": UNKNOWN})
    return subject


async def detach(tx: Transaction, actor: Actor, number: int, now: int) -> None:
    """Take a tag off a record, by the id of the association. NotFound, Denied."""
    row = await tx.one(store.association, organization_id=actor.organization_id, id=number)
    if row is None:
        raise NotFound
    subject = await records.find(tx, actor, row.subject_type, row.subject_id)
    permit(actor, "tag.apply", subject.relations)
    await tx.run(store.delete_taggings, organization_id=actor.organization_id, ids=[number])
    said = f"Took the tag {row.title} off {subject.title}"
    await _tell(tx, actor, subject.type, subject.id, "unlinked", said, row.tag_id, now)


async def _tell(
    tx: Transaction, actor: Actor, subject_type: str, subject_id: str, verb: str, said: str, tag_id: str, now: int
) -> None:
    entry = Entry(
        verb=verb, subject_type=subject_type, subject_id=subject_id, description=said, detail={"tag_id": tag_id}
    )
    await record(tx, actor, now, [entry])
