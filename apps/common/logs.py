"""Structured logs that carry ids, and neither secrets nor e-mail addresses.

Every record, ours or a library's, passes one chain: context, time, exception
text, redaction, then JSON or a line for a terminal.
"""

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from structlog.typing import EventDict, WrappedLogger

from apps.common.masking import MASK, is_sensitive_key, mask_text

# httpx logs whole addresses, with the e-mails in them; stripe and django-q2
# log request ids and task arguments.
QUIET_LOGGERS = ("httpx", "httpcore", "stripe", "django-q", "asyncio", "urllib3", "faker")
EMAIL_MARK = "[email]"
MAX_VALUE = 20_000  # Characters of one logged value.

_EMAIL = re.compile(
    r"[^\s\"'`<>()\[\]{},;:=/\\&?@|]{1,128}(?:@|%40)[^\s\"'`<>()\[\]{},;:=/\\&?@|]{1,255}",
    re.IGNORECASE,
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PLAIN_KEYS = frozenset({"level", "logger", "timestamp"})  # Written by the chain itself.

logger = structlog.get_logger("tandem.request")


def configure(level: str, as_json: bool) -> dict[str, Any]:  # noqa: FBT001 - two settings, in their order.
    """Set structlog up and return the LOGGING dict that makes the standard library agree.

    `level` is the root level's name. With `as_json` a record is one JSON
    object a line, else a line for people.
    """
    shared = _shared_processors()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"routes": {"()": "apps.common.logs.RouteFilter"}},
        "formatters": {
            "tandem": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    redact,
                    _renderer(as_json=as_json),
                ],
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "tandem", "filters": ["routes"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET_LOGGERS},
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            # The development server logs the raw request line.
            "django.server": {"level": "ERROR", "handlers": [], "propagate": True},
        },
    }


def bind(**ids: Any) -> None:
    """Add ids to every later record of this thread or task, until `unbind` or the request's end."""
    structlog.contextvars.bind_contextvars(**ids)


def unbind(*names: str) -> None:
    """Drop ids from the records of this thread or task; all of them when none is named."""
    if names:
        structlog.contextvars.unbind_contextvars(*names)
    else:
        structlog.contextvars.clear_contextvars()


def bound(**ids: Any) -> AbstractContextManager[None]:
    """Return a context in which every record of the block carries these ids."""
    return structlog.contextvars.bound_contextvars(**ids)


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Mask secrets and e-mail addresses in every value of a record, the exception's text included."""
    for key, value in event.items():
        if key in _PLAIN_KEYS:
            continue
        if is_sensitive_key(key):
            event[key] = MASK
        else:
            event[key] = _redacted(value)
    return event


def redact_text(text: str) -> str:
    """Return the text without e-mail addresses and without what looks like a secret."""
    if len(text) > MAX_VALUE:
        text = f"{text[:MAX_VALUE]}… ({len(text) - MAX_VALUE} more characters)"
    text = mask_text(text)
    return _EMAIL.sub(EMAIL_MARK, text) if "@" in text or "%40" in text else text


class RouteFilter(logging.Filter):
    """Puts the route in place of the path in Django's records of a request.

    Paths carry webhook tokens and search terms; `django.request` logs them with
    every 4xx and 5xx.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's arguments; every record passes."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            paths = {request.path, request.path_info, request.get_full_path()}
            record.args = tuple(_route(request) if arg in paths else arg for arg in record.args)
        return True


class RequestLogMiddleware:
    """Logs one record per request: id, method, route, status, milliseconds.

    Never the path, the query or a body. The id comes from the proxy's
    X-Request-ID if it is plain, and goes back in the answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request and log it."""
        started = time.perf_counter()
        name = request_id(request.headers.get("X-Request-ID", ""))
        structlog.contextvars.clear_contextvars()
        bind(request=name)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = name
            log_request(request.method or "", _route(request), response.status_code, started)
            return response
        finally:
            structlog.contextvars.clear_contextvars()


def request_id(given: str) -> str:
    """Return the id of a request: the proxy's if it is plain, else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def log_request(method: str, route: str, status: int, started: float) -> None:
    """Log the record of an answered request; `started` is of `time.perf_counter`."""
    logger.info(
        "request",
        method=method,
        route=route,
        status=status,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return f"/{match.route}" if match is not None else "(no route)"


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _renderer(*, as_json: bool) -> Any:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _redacted(value: Any, depth: int = 0) -> Any:
    """Return the value with its text masked; whatever is no plain value becomes its masked text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if depth < 5 and isinstance(value, Mapping):
        return {
            redact_text(str(key)): MASK if is_sensitive_key(str(key)) else _redacted(item, depth + 1)
            for key, item in value.items()
        }
    if depth < 5 and isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item, depth + 1) for item in value]
    return redact_text(str(value))
