"""What can go wrong, as exceptions that know their status code and say what to do (wire 0.9)."""

from collections.abc import Mapping


class Problem(Exception):
    """An answer other than success. `message` is shown to people; `code` is for programs."""

    status = 500
    code: str | None = None

    def __init__(self, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})
        if code is not None:
            self.code = code


class Refused(Problem):
    """400: understood, but against a rule of the business."""

    status = 400


class Unauthenticated(Problem):
    """401: no valid token."""

    status = 401

    def __init__(self, message: str = "Unauthenticated.", *, code: str | None = None) -> None:
        super().__init__(message, code=code)


class Denied(Problem):
    """403: known, but not allowed."""

    status = 403


class NotFound(Problem):
    """404: no such record, or none that the caller may know of."""

    status = 404
    code = "RESOURCE_NOT_FOUND"

    def __init__(self, message: str = "Resource not found") -> None:
        super().__init__(message)


class EndpointNotFound(Problem):
    """404: no such route."""

    status = 404
    code = "ENDPOINT_NOT_FOUND"

    def __init__(self, message: str = "API endpoint not found") -> None:
        super().__init__(message)


class MethodNotAllowed(Problem):
    """405: the route has other methods."""

    status = 405
    code = "METHOD_NOT_ALLOWED"


class Conflict(Problem):
    """409: somebody else changed it meanwhile."""

    status = 409


class Outdated(Problem):
    """412: it is no longer what the client has read."""

    status = 412
    code = "PRECONDITION_FAILED"

    def __init__(self) -> None:
        super().__init__("This has changed since you read it. Read it again, and send the change with its new ETag.")


class TooLarge(Problem):
    """413: more bytes than the limit."""

    status = 413
    code = "BODY_TOO_LARGE"


class Invalid(Problem):
    """422: `errors` maps a field's path to what is wrong with it and what would be right."""

    status = 422

    def __init__(self, errors: Mapping[str, str | list[str]], message: str = "The given data was invalid.") -> None:
        super().__init__(message)
        self.errors = {path: [text] if isinstance(text, str) else list(text) for path, text in errors.items()}

    def under(self, path: str, name: str) -> "Invalid":
        """The same with another name for one path, and for all that is in it."""
        named = {
            name + where.removeprefix(path) if where == path or where.startswith(f"{path}.") else where: texts
            for where, texts in self.errors.items()
        }
        return Invalid(named, self.message)


class Impossible(Problem):
    """422: the request is well-formed, but the record's state forbids it; no single field is to blame."""

    status = 422


class ProtocolProblem(Problem):
    """A refusal in the words of OAuth (RFC 6749, 5.2): `error` is one of its codes; `errors` as those of `Invalid`."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message, headers=headers)
        self.status = status
        self.error = error
        self.errors = dict(errors or {})


class TooMany(Problem):
    """429: a quota is used up; nothing was applied."""

    status = 429
    code = "RATE_LIMIT_EXCEEDED"


class Unavailable(Problem):
    """503: the store cannot answer just now; trying again later is right."""

    status = 503
    code = "UNAVAILABLE"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class Errors:
    """Collects what is wrong with several fields before one `Invalid` is raised."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, path: str, text: str) -> None:
        self.found.setdefault(path, []).append(text)

    def __bool__(self) -> bool:
        return bool(self.found)

    def raise_if_any(self) -> None:
        """Raise `Invalid` naming every field collected so far."""
        if self.found:
            raise Invalid(dict(self.found))
