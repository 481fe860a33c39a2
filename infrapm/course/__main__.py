"""`python -m infrapm.course` is the command `infrapm`."""

import sys

from .cli import main

sys.exit(main())
