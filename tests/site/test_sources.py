"""Claims, incidents and the bibliography: complete, and nothing printed as certain that is not."""

import csv
from collections import Counter

from bs4 import BeautifulSoup
from pybtex.database import parse_file

from infrapm.site.boxes import Interview, WorkedDecision, label_problem
from infrapm.site.chapters import ROOT
from infrapm.site.pages import render
from infrapm.site.sources import SIGNS, certain_bibliography, claims, incidents

DATA = ROOT / "book" / "data"


def test_the_ledger_has_every_row_and_a_sign_for_every_verdict():
    with (DATA / "claims.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(claims()) == len(rows) == 189
    assert set(Counter(row["verdict"] for row in rows)) == set(SIGNS)
    assert len(set(SIGNS.values())) == len(SIGNS)
    doubtful = sum(row["verdict"] in ("corrected", "misleading", "dated", "unverifiable") for row in rows)
    assert doubtful == 114  # the front page says so
    assert all(claim["evidence"] for claim in claims().values())
    assert not any(None in row or None in row.values() for row in rows), "a comma in a text without quotation marks"


def test_a_reader_is_told_what_nothing_confirms():
    """A box with a source that was not seen, one without a source, one that is half confirmed, one that is confirmed."""
    told = {
        "A026": "Recalled by the authors, not confirmed in this source.",
        "B006": "Recalled by the authors, who hold no source for it.",
        "B042": "Confirmed for Lambda 1 ms and BigQuery; rest recalled.",
        "A028": "",
    }
    for id, words in told.items():
        assert claims()[id]["caveat"] == words
        box = BeautifulSoup(render("claim.html", claim=claims()[id], sign="?", ledger="#"), "html.parser")
        assert [line.get_text() for line in box.find_all(class_="ip-help")] == ([words] if words else [])
    assert all(bool(claim["caveat"]) == ("recalled" in claim["evidence"]) for claim in claims().values())


def test_incidents_have_a_primary_source_and_a_chain():
    for incident in incidents().values():
        assert incident["primary"]["url"].startswith("https://"), incident["id"]
        assert len(incident["chain"]) >= 2, incident["id"]


def test_recalled_numbers_are_left_out_of_the_bibliography(tmp_path):
    target = tmp_path / "references.bib"
    certain_bibliography(DATA / "references.bib", target)
    source, printed = parse_file(str(DATA / "references.bib")).entries, parse_file(str(target)).entries
    assert set(source) == set(printed)
    recalled = [key for key, entry in source.items() if "recalled" in entry.fields["annotation"]]
    assert recalled
    for key in recalled:
        assert not {"doi", "isbn", "pages"} & set(printed[key].fields), key
    for key, entry in printed.items():
        assert "annotation" not in entry.fields
        assert entry.fields["title"] == source[key].fields["title"]
    confirmed = [key for key in source if "recalled" not in source[key].fields["annotation"] and "doi" in source[key].fields]
    assert all("doi" in printed[key].fields for key in confirmed)


def test_labels():
    assert label_problem(list(WorkedDecision.labels), WorkedDecision.labels) == ""
    assert label_problem(list(Interview.labels[1:]), Interview.labels) == "the label “Question” is missing"
    assert "“Taste” is not one of the labels" in label_problem([*Interview.labels, "Taste"], Interview.labels)
