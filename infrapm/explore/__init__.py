"""What a reader works with: explorers (controls that move a picture) and tasks (questions with a check).

Each is declared once, in `infrapm.exercises`, and shown by two fronts: `explore.kernel` in JupyterLab
and `infrapm.site` on a page of the book. This package imports the standard library alone, so that
the same declaration also runs in a reader's browser.
"""
