"""The numbers of a class: what the first cell of a handed-out notebook calls.

A number code, such as `M3QK-7T2A-W5XD`, stands for one set of numbers: a class's, or one student's. It says
nothing about the course's seed that it was made from.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from infrapm.exercises import chapter
from infrapm.explore.kernel import notebook


def seed_of(code: str) -> int:
    """The seed of every task for a number code; never 0, which gives the book's own numbers.

    >>> seed_of("M3QK-7T2A-W5XD") == seed_of("m3qk-7t2a-w5xd ") != seed_of("M3QK-7T2A-W5XE")
    True
    """
    digest = hashlib.sha256(code.strip().upper().encode()).digest()
    return 1 + int.from_bytes(digest[:6], "big")


def exercises(slug: str, code: str) -> tuple[Callable[..., Any], ...]:
    """The functions ask, table and check of a chapter, with the numbers of a code.

    Raises KeyError when there is no such chapter.

    >>> ask, table, check = exercises("availability", "M3QK-7T2A-W5XD")
    >>> check("month_budget", None)
    Not answered yet.
    """
    module = chapter(slug)
    return notebook((), module.TASKS, seed_of(code))[1:]
