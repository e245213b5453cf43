"""One file per resource, thin: parse, call, answer."""

from starlette.convertors import Convertor, register_url_convertor


class IdConvertor(Convertor[int]):
    """`{raid_id:id}`: positive, at most 18 digits. Anything else is a path that does not exist."""

    regex = "[1-9][0-9]{0,17}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


# Here, because a route looks its convertors up when it is made.
register_url_convertor("id", IdConvertor())
