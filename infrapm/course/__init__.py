"""The instructor's part: hand a chapter out, grade what comes back in safety, give feedback.

`cli` is the command `infrapm`. One course is one folder (`folder`), with plain CSV files that open in a
spreadsheet. What students wrote runs in a sandbox (`sandbox`, `runner`); only values leave it, as data,
and they are judged here (`judge`). Marks are kept in nbgrader's grade book (`gradebook`).
"""
