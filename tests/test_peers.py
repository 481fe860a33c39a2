"""The stored answers of the peers: each is computed again, so that book/data/peers.json cannot go stale."""

import pytest

from infrapm.site import validation
from tests import peers


def test_a_peer_for_every_row_and_a_row_for_every_peer() -> None:
    rows = {row["id"]: row for group in validation.groups() for row in group["rows"]}
    assert len(rows) == sum(len(group["rows"]) for group in validation.groups())
    assert set(peers.ASKED) == set(validation.peers())
    assert set(peers.ASKED) <= set(rows)
    assert all("published" in row for id, row in rows.items() if id not in peers.ASKED)


@pytest.mark.parametrize("row", peers.rows(), ids=lambda row: row["id"])
def test_a_peer_still_says_what_is_stored(row: dict) -> None:
    stored, now = validation.peers()[row["id"]], peers.ask(row)
    assert now.keys() == stored.keys()
    assert now["peer"] == stored["peer"], "another version: run `python -m tests.peers`"
    for key in now.keys() - {"peer"}:
        if isinstance(now[key], float):
            assert now[key] == pytest.approx(stored[key], rel=1e-9)
        else:
            assert now[key] == stored[key]
