"""In a browser nobody calls a notebook's functions: the page shows explorers and tasks by itself."""


def notebook(*_):
    """Nothing in place of show, ask, table and check."""
    return (None,) * 4
