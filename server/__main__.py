"""`python -m server`: the command `raidline` without its entry point."""

import sys

from server.cli import main

sys.exit(main())
