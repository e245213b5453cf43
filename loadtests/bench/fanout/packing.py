"""MessagePack, as much of it as a packet of socket.io needs."""

import struct
from typing import Any


def packed(value: Any) -> bytes:
    match value:
        case int():
            return struct.pack(">BQ", 0xCF, value)
        case str():
            text = value.encode()
            return struct.pack(">BH", 0xDA, len(text)) + text
        case list():
            return struct.pack(">BH", 0xDC, len(value)) + b"".join(packed(item) for item in value)
        case dict():
            pairs = (packed(name) + packed(item) for name, item in value.items())
            return struct.pack(">BH", 0xDE, len(value)) + b"".join(pairs)
    raise TypeError(f"Expected an int, str, list or dict, but got {value!r}")
