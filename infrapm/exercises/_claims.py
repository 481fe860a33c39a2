"""The ledger: claims of the two articles that this course began with, and what is known of each."""

import csv
import re
import sys
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).resolve()
# In the project the ledger is part of the book; a class gets a copy inside the package, and an installed infrapm
# has it beside the notebooks.
_PLACES = (_HERE.parents[2] / "book/data/claims.csv", _HERE.parents[1] / "data/claims.csv", Path(sys.prefix) / "share/infrapm/claims.csv")
LEDGER = next((file for file in _PLACES if file.exists()), _PLACES[0])
_EVIDENCE = re.compile(r"^\[([^\]]+)\]\s*")
_KNOWN = re.compile(r"\s*\[(?:confirmed|judgment|arithmetic|looked for)[^\]]*\]")
# Whether a claim of this verdict holds up. Of the others nobody can say, so no trust in them is scored.
_HOLDS = {"verified": True, "corrected": False, "misleading": False, "dated": False}


@lru_cache(maxsize=None)
def claims() -> dict[str, dict[str, str]]:
    """The rows of the ledger by id; the evidence tag stands in a column of its own."""
    rows = {}
    with LEDGER.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            tag = _EVIDENCE.match(row["known"])
            row["evidence"] = tag[1] if tag else "judgment"
            # A tag further on says how that part is known; a reader needs a word only for what is not confirmed.
            known = _EVIDENCE.sub("", row["known"]).replace(" [recalled]", " (recalled, not confirmed)").replace("[recalled]", "Recalled, not confirmed:")
            row["known"] = _KNOWN.sub("", known).strip()
            row["caveat"] = caveat(row["evidence"], row["source"])
            rows[row["id"]] = row
    return rows


def caveat(evidence: str, source: str) -> str:
    """What a reader must know of the evidence beside a claim; empty where it was seen, recomputed or is a judgment.

    >>> caveat("recalled", "A report of 2019"), caveat("recalled", ""), caveat("confirmed", "A report of 2019")
    ('Recalled by the authors, not confirmed in this source.', 'Recalled by the authors, who hold no source for it.', '')
    """
    if "recalled" not in evidence:
        return ""
    if evidence != "recalled":
        return f"{evidence[0].upper()}{evidence[1:]}."
    return f"Recalled by the authors, {'not confirmed in this source' if source else 'who hold no source for it'}."


def holds(verdict: str) -> bool | None:
    """Whether a claim with this verdict holds up; None where it cannot be said.

    >>> holds("verified"), holds("dated"), holds("opinion")
    (True, False, None)
    """
    return _HOLDS.get(verdict)
