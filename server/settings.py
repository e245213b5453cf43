"""Every setting, its default and its meaning, once. All of them come from the environment."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.service_urls import checked_postgres_url, checked_redis_url


class SettingsError(Exception):
    """A setting is missing or wrong. One line with its name; never the value of a secret."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    # repr=False: both may hold a password.
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    """postgresql:// URL of the ledger. Without it `up`, `replay` and `audit` start a Postgres themselves."""

    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL", repr=False)
    """redis://, rediss:// or unix:// URL of the live state, or redis+cluster://, rediss+cluster:// with some nodes of a
    cluster, separated by commas. As with DATABASE_URL."""

    port: int = Field(default=8000, validation_alias="PORT", ge=0, le=65535)
    """Where HTTP is served; 0 takes a free one."""

    web_concurrency: int = Field(default=1, validation_alias="WEB_CONCURRENCY", ge=1, le=256)
    """Web processes of `serve`."""

    guests: bool = Field(default=False, validation_alias="RAIDLINE_GUESTS")
    """Whether anyone may make a guest session. On in `up` unless set."""

    admin_token: SecretStr | None = Field(default=None, validation_alias="RAIDLINE_ADMIN_TOKEN")
    """Bearer token with every scope. Without one nobody is admin; `up` makes a random one."""

    late_days: int = Field(default=7, validation_alias="RAIDLINE_LATE_DAYS", ge=0, le=3650)
    """How many days late a contribution's `occurredAt` may be."""

    ack_timeout_ms: int = Field(default=2000, validation_alias="RAIDLINE_ACK_TIMEOUT_MS", ge=1, le=60_000)
    """How long an answer waits for Postgres before it is a 202, in milliseconds."""

    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="ALLOWED_ORIGINS")
    """Origins of web pages, besides our own, that may call the API: separated by commas; `*` for all."""

    max_connections: int = Field(default=20_000, validation_alias="RAIDLINE_MAX_CONNECTIONS", ge=1)
    """Streams one process serves at once; more are told to come back later."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias="RAIDLINE_LOG_LEVEL"
    )
    log_format: Literal["text", "json"] = Field(default="text", validation_alias="RAIDLINE_LOG_FORMAT")

    @field_validator("database_url")
    @classmethod
    def _is_a_postgres_url(cls, url: str | None) -> str | None:
        return None if url is None else checked_postgres_url(url)

    @field_validator("redis_url")
    @classmethod
    def _is_a_redis_url(cls, url: str | None) -> str | None:
        return None if url is None else checked_redis_url(url)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if origin != "*" and not (parts.scheme in ("http", "https") and parts.netloc and not parts.path):
                raise ValueError("each origin must look like https://example.org")
        return origins

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


def load_settings(**defaults: Any) -> Settings:
    """The settings of the environment over `defaults`. Raises SettingsError."""
    try:
        given = Settings()
    except ValidationError as error:
        raise SettingsError(_in_one_line(error)) from None
    return given.model_copy(update={k: v for k, v in defaults.items() if k not in given.model_fields_set})


def require_urls(settings: Settings) -> tuple[str, str]:
    """The URLs of both services, for commands that start none. Raises SettingsError."""
    return require_database_url(settings), _required("REDIS_URL", settings.redis_url)


def require_database_url(settings: Settings) -> str:
    return _required("DATABASE_URL", settings.database_url)


def _required(name: str, value: str | None) -> str:
    if not value:
        raise SettingsError(f"{name}: is not set")
    return value


def _in_one_line(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{item['loc'][0]}: {item['msg'].removeprefix('Value error, ')}" for item in problems)
