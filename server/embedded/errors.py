"""What goes wrong with embedded services, in one line a person can act on."""


class EmbeddedError(Exception):
    """An embedded service, or the folder it lives in, cannot be used."""


class FolderInUse(EmbeddedError):
    """Another raidline works in this data folder."""
