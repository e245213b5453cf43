"""The parts in C, compiled when they are first needed and again when they change."""

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.fanout.places import HERE, built

FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")


def subscribers() -> Path:
    return compiled("subscribers", sorted((HERE / "client").iterdir()))


def floor() -> Path:
    return compiled("floor", [HERE / "peers" / "floor.c"])


def compiled(name: str, sources: Sequence[Path]) -> Path:
    """The program. Raises BenchError without a compiler."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    program = built("programs") / f"{name}-{digest}"
    if program.exists():
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise BenchError("the subscribers are written in C and there is no `cc`; on Debian and Ubuntu: apt install gcc")
    units = [str(source) for source in sources if source.suffix == ".c"]
    partial = program.with_suffix(".partial")
    done = subprocess.run([compiler, *FLAGS, "-o", str(partial), *units], capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"{name} does not compile: {done.stderr.strip()}")
    partial.replace(program)
    return program
