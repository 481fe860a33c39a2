"""In a browser nobody calls a notebook's functions: the page has a script for reviews."""


def red_team(*_):
    """Nothing in place of document, flag, ledger and rewrite."""
    return (None,) * 4
