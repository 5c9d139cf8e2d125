"""From a body to a handler, and from what it gives, or refuses, to an answer."""

from collections.abc import Awaitable
from typing import Any

from handrail.http import body as bodies
from handrail.http import envelope
from handrail.http.call import Call
from handrail.http.endpoint import Endpoint
from handrail.kernel.errors import Invalid, ProtocolProblem, Refused


def begun(endpoint: Endpoint, call: Call, raw: bytes) -> Awaitable[Any]:
    """The work of the handler on the body. Raises what is wrong with the body."""
    if endpoint.body is None:
        return endpoint.handler(call)
    content_type = call.headers.get(b"content-type", b"").decode("latin-1")
    decoded = bodies.decode(
        raw, content_type, endpoint.body, form=endpoint.form, strict=call.strict, texts=endpoint.texts
    )
    return endpoint.handler(call, decoded)


def early(endpoint: Endpoint, result: Any) -> bytes | None:
    """The body of the answer, if what the handler's transaction gives looks like what the handler will."""
    if endpoint.shape == "empty":
        return b""
    if type(result) is dict or (isinstance(endpoint.returns, type) and type(result) is endpoint.returns):
        return envelope.encode(result) if endpoint.shape == "bare" else envelope.item(result)
    return None


def render(endpoint: Endpoint, call: Call, result: Any) -> bytes:
    """A handler's result in the envelope its endpoint declares."""
    shape = endpoint.shape
    if shape == "item" or shape == "list":
        return envelope.item(result)
    if shape == "collection":
        return envelope.collection(call, result)
    if shape == "bare":
        return envelope.encode(result)
    if shape == "bytes":
        return result
    return b""


def in_protocol(error: Exception, word: str) -> Exception:
    """A body that does not fit, or is not readable, in the words of OAuth; any other error as it is."""
    if isinstance(error, Invalid):
        text = "; ".join(f"{path}: {' '.join(texts)}" for path, texts in error.errors.items())
        return ProtocolProblem(400, word, text, errors=error.errors)
    return ProtocolProblem(400, word, error.message) if isinstance(error, Refused) else error
