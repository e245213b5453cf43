"""Logs: one line per event on stderr, as text for people or JSON for machines. No secret gets in."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_WORDS = ("authorization", "cookie", "initdata", "init_data", "password", "secret", "ticket", "token")
SECRET_NAMES = ("database_url", "redis_url", "invite_code")
HIDDEN = "[hidden]"

QUIET = ("uvicorn", "httpx", "httpcore", "asyncio", "websockets")
"""Loggers of libraries that tell more than we want: uvicorn writes whole query strings."""


def configure_logs(level: str, form: str) -> None:
    """Send every log of this process, libraries' included, through one format. May be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(form))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            hide_secrets,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of keys that name a secret, at any depth."""
    return {name: HIDDEN if _is_secret(name) else _hide_within(value) for name, value in event.items()}


def _hide_within(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: HIDDEN if _is_secret(str(name)) else _hide_within(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hide_within(item) for item in value]
    return value


def _is_secret(name: str) -> bool:
    plain = name.lower()
    return plain in SECRET_NAMES or any(word in plain for word in SECRET_WORDS)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(form: str) -> logging.Formatter:
    # Plain tracebacks: the rich ones print local variables, and with them secrets.
    renderers: list[Processor]
    if form == "json":
        renderers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        renderers = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_shared(), structlog.stdlib.ExtraAdder(), hide_secrets],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )
