"""Routes of members (wire 2.2, 2.3)."""

from handrail.http.endpoint import Router

router = Router("Members")
