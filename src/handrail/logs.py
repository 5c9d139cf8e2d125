"""How the server logs: one line an event, JSON when nobody is watching, never the values of variables."""

import logging
import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
if "rich" not in _modules:
    # structlog takes rich in wherever it finds it, 5 MB for tracebacks in colour; ours name places in one line
    _modules["rich"] = None
    import structlog

    del _modules["rich"]
else:
    import structlog


def configure(level: str = "info") -> None:
    """Set logging up for this process. Tracebacks name places, not the data that went through them."""
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
            if pretty
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
