"""One JSON line per log event, with the request's id; Chinese stays readable."""

import json
import logging
import sys
from typing import Any

import structlog


def _dumps(event: Any, **options: Any) -> str:
    return json.dumps(event, ensure_ascii=False, **options)


def configure(level: int = logging.INFO) -> None:
    """Sends structlog to stderr."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
