"""What can be wrong with the URL of a service, found before anybody tries to connect.

Left to the clients, a wrong URL is a traceback or a connection that is tried for ever; and their errors quote
what stands in the wrong place, which may be half a password.
"""

from urllib.parse import urlsplit

from realtime.cluster_url import CLUSTER_SCHEMES, ClusterUrl, is_cluster_url

POSTGRES_SCHEMES = ("postgresql", "postgres")
REDIS_SCHEMES = ("redis", "rediss", "unix", *CLUSTER_SCHEMES)

_PORT_MAX = 65535
_HINT = "signs like # / ? in a password are written as %23 %2F %3F"


def checked_postgres_url(url: str) -> str:
    """The URL, as it is. Raises ValueError saying what is wrong, without a word of it."""
    _check_address(url, POSTGRES_SCHEMES)
    return url


def checked_redis_url(url: str) -> str:
    """The URL, as it is. Raises ValueError saying what is wrong, without a word of it."""
    _check_address(url, REDIS_SCHEMES)
    # Here, so that a command which needs no Redis does not wait for its client to load.
    from redis.asyncio import ConnectionPool
    from redis.exceptions import RedisError

    cluster = ClusterUrl.parse(url) if is_cluster_url(url) else None
    try:
        ConnectionPool.from_url(cluster.of(cluster.startup[0]) if cluster else url).make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, RedisError):
        raise ValueError("has an option that the Redis client does not know, or a wrong value of one") from None
    return url


def _check_address(url: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"is no URL: {_HINT}") from None
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    hosts = parts.netloc.rpartition("@")[2].split(",")  # Postgres takes several
    if parts.fragment or not all(_has_readable_port(host) for host in hosts):
        raise ValueError(f"has a port that is no number from 1 to {_PORT_MAX}, or a stray #: {_HINT}")


def _has_readable_port(host: str) -> bool:
    port = host.rpartition("]")[2].partition(":")[2]  # behind the brackets of an IPv6 address
    return not port or (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= _PORT_MAX)
