"""Invite codes: short, said aloud without confusion, guessed by nobody."""

import secrets

from raidline.ids import InviteCode

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without look-alikes: neither 0 nor O, neither 1 nor I nor L."""

LENGTH = 8


def new_code() -> InviteCode:
    """A random code; 31^8 of them, so that a collision is rare but has to be expected."""
    return InviteCode("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))
