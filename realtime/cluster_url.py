"""`redis+cluster://user:password@host:port,host:port/?option=value`: where a cluster is first asked for.

Sign-in and options stand once and hold for every node; `rediss+cluster://` speaks TLS with all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType
from urllib.parse import parse_qs, urlsplit

NodeName = NewType("NodeName", str)
"""`host:port` of one server, as the cluster itself calls it; an IPv6 address without brackets."""

CLUSTER_SCHEMES = ("redis+cluster", "rediss+cluster")

_PORT = 6379


def is_cluster_url(url: str) -> bool:
    return url.partition("://")[0].lower() in CLUSTER_SCHEMES


@dataclass(frozen=True, slots=True)
class ClusterUrl:
    startup: tuple[NodeName, ...]
    """Who is asked first."""
    scheme: str
    userinfo: str
    """`user:password@` as it stands in the URL, or nothing."""
    query: str

    @classmethod
    def parse(cls, url: str) -> ClusterUrl:
        """Raises ValueError without a word of the URL, which may hold a password."""
        parts = urlsplit(url)
        if parts.scheme not in CLUSTER_SCHEMES:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in CLUSTER_SCHEMES)}")
        databases = {parts.path.strip("/"), *parse_qs(parts.query).get("db", ())}
        if not databases <= {"", "0"}:
            raise ValueError("names a database: a cluster has only the one, 0")
        userinfo, at, hosts = parts.netloc.rpartition("@")
        startup = tuple(_node_name(host) for host in hosts.split(",") if host)
        if not startup:
            raise ValueError("names no node of the cluster")
        return cls(startup, parts.scheme.removesuffix("+cluster"), userinfo + at, parts.query)

    def of(self, node: NodeName) -> str:
        """The URL of one node, for those who speak with it alone."""
        host, _colon, port = node.rpartition(":")
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"{self.scheme}://{self.userinfo}{address}/" + (f"?{self.query}" if self.query else "")


def _node_name(host: str) -> NodeName:
    one = urlsplit(f"//{host}")
    if one.hostname is None:
        raise ValueError("names a node without a host")
    return NodeName(f"{one.hostname}:{one.port or _PORT}")
