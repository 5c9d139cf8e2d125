"""Routes of the audit log."""

from handrail.features.audit import service, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router

router = Router("Audit")
ALL = "/organizations/{org}/x/audit"


@router.get(
    ALL, action="audit.list", query=wire.AuditQuery, returns=wire.AuditEntry, shape="collection", errors=(403, 422)
)
async def index(call: Call) -> Page:
    """Read the audit log.

    The newest first: sign-ins, tokens, applications, members, roles, permissions, settings.
    """
    return await service.page(call)


@router.get(f"{ALL}/export", action="audit.export", shape="bytes", media_type="application/jsonl", errors=(403,))
async def export(call: Call) -> bytes:
    """Export the audit log.

    JSON lines, the oldest first. That it was exported is an entry itself.
    """
    call.response_headers["content-type"] = "application/jsonl"
    call.response_headers["Content-Disposition"] = 'attachment; filename="audit.jsonl"'
    return await service.export(call, call.application.clock.now())


@router.get(f"{ALL}/verify", action="audit.read", returns=wire.AuditCheck, errors=(403,))
async def verify(call: Call) -> wire.AuditCheck:
    """Check the audit log.

    Each entry's hash covers the one before. Whoever keeps `last_hash` elsewhere also sees when the end was cut off.
    """
    return await service.verify(call)
