"""Settings: from the environment, checked at once, and never shown when they are secret."""

import pytest

from server.settings import SettingsError, load_settings, require_database_url, require_urls

WRONG = [
    ("DATABASE_URL", "mysql://user:hunter2@host/db", "must begin with postgresql://"),
    ("REDIS_URL", "http://:hunter2@host", "must begin with redis:// or rediss:// or unix://"),
    ("REDIS_URL", "redis://:hunter2@host:no", "a port that is no number"),
    ("REDIS_URL", "redis://:hun#ter2@host", "written as %23"),
    ("REDIS_URL", "redis://:hunter2@host?db=hunter2", "a wrong value"),
    ("REDIS_URL", "redis://:hunter2@host?hunter2=1", "does not know"),
    ("DATABASE_URL", "postgresql://me:hunter2@host:no/db", "a port that is no number"),
    ("DATABASE_URL", "postgresql://me:hunter2#@host/db", "written as %23"),
    ("DATABASE_URL", "postgresql://me:hunter2@host:1,other:70000/db", "a port that is no number"),
    ("DATABASE_URL", "postgresql://me:hunter2@[::1/db", "is no URL"),
    ("PORT", "99999", "less than or equal to 65535"),
    ("PORT", "http", "valid integer"),
    ("WEB_CONCURRENCY", "0", "greater than or equal to 1"),
    ("ALLOWED_ORIGINS", "https://good.example,bad.example", "each origin must look like"),
    ("ALLOWED_ORIGINS", "https://example.org/path", "each origin must look like"),
    ("RAIDLINE_GUESTS", "perhaps", "valid boolean"),
    ("RAIDLINE_LATE_DAYS", "-1", "greater than or equal to 0"),
    ("RAIDLINE_ACK_TIMEOUT_MS", "2s", "valid integer"),
    ("RAIDLINE_MAX_CONNECTIONS", "0", "greater than or equal to 1"),
    ("RAIDLINE_LOG_LEVEL", "loud", "'debug', 'info'"),
    ("RAIDLINE_LOG_FORMAT", "xml", "'text' or 'json'"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_a_wrong_value_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    message = str(raised.value)
    assert message.startswith(f"{name}: ")
    assert reason in message
    assert "\n" not in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql:///db?host=/run/postgresql"),
        ("DATABASE_URL", "postgres://me:a%23b%2Fc@one:5432,two:5433,three/db?sslmode=require"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("REDIS_URL", "rediss://me:a%23b@[::1]:6380/2?ssl_cert_reqs=none"),
        ("REDIS_URL", "redis://host"),
    ],
)
def test_every_good_url_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    monkeypatch.setenv(name, url)
    assert getattr(load_settings(), name.lower()) == url


def test_every_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("RAIDLINE_LATE_DAYS", "y")
    with pytest.raises(SettingsError, match=r"PORT: .*; RAIDLINE_LATE_DAYS: "):
        load_settings()


def test_defaults_are_those_of_the_contract() -> None:
    settings = load_settings()
    assert (settings.port, settings.web_concurrency, settings.guests) == (8000, 1, False)
    assert (settings.late_days, settings.ack_timeout_ms) == (7, 2000)
    assert (settings.database_url, settings.redis_url, settings.admin_token) == (None, None, None)
    assert (settings.allowed_origins, settings.log_level, settings.log_format) == ((), "info", "text")


def test_the_environment_wins_over_a_commands_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(guests=True).guests
    monkeypatch.setenv("RAIDLINE_GUESTS", "off")
    assert not load_settings(guests=True).guests


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("RAIDLINE_ADMIN_TOKEN", "")
    assert load_settings().database_url is None
    assert load_settings().admin_token is None


def test_variables_without_our_prefix_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG_LEVEL, GUESTS and the like belong to others in a shared environment."""
    monkeypatch.setenv("LOG_LEVEL", "debug")
    monkeypatch.setenv("GUESTS", "1")
    assert load_settings().log_level == "info"
    assert not load_settings().guests


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", " https://a.example/ , http://localhost:3000,")
    assert load_settings().allowed_origins == ("https://a.example", "http://localhost:3000")


def test_what_is_printed_of_the_settings_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hunter2@host/db")
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@host")
    monkeypatch.setenv("RAIDLINE_ADMIN_TOKEN", "hunter2")
    settings = load_settings()
    assert "hunter2" not in repr(settings) + str(settings)


def test_a_url_that_a_command_needs_is_named() -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL: is not set"):
        require_database_url(load_settings())
    with pytest.raises(SettingsError, match="REDIS_URL: is not set"):
        require_urls(load_settings(database_url="postgresql://host/db"))
