"""Claims, incidents and the bibliography: complete, and nothing printed as certain that is not."""

import csv
from collections import Counter

from pybtex.database import parse_file

from infrapm.site.boxes import Interview, WorkedDecision, label_problem
from infrapm.site.chapters import ROOT
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
