"""The red team in a browser: flags by keyboard, tokens, the ledger and its score, rounds, memory, a phone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from infrapm.exercises._red_team import red_document
from infrapm.exercises._review import FIRST_TOKENS, LATER_TOKENS, Flag, score, share_text
from tests.conftest import AXE, SAVE_DATA, Site, axe_violations

pytestmark = pytest.mark.browser


def open_page(reader: BrowserContext, site: Site) -> Page:
    page = reader.new_page()
    page.goto(f"{site.address}/book/mistakes.html")
    return page


def part(page: Page, letter: str) -> Locator:
    return page.locator(f"#red-team-{letter}")


def flag(place: Locator, n: int, kind: str, tokens: int) -> None:
    """Flag a sentence by keyboard, name the mistake, stake tokens."""
    place.locator(f".rt-sentence[data-n='{n}'] input").press("Space")
    row = place.locator(f".rt-flag[data-n='{n}']")
    row.locator("select").nth(0).select_option(kind)
    row.locator("select").nth(1).select_option(str(tokens))


def open_ledger(place: Locator, guess: str = "60") -> None:
    place.locator("select[name=guess]").select_option(guess)
    place.locator(".rt-commit button[type=submit]").press("Enter")


FLAGS = {
    "a": {18: Flag("skipped-edge-case", 4), 31: Flag("weak-observability", 3), 11: Flag("ignored-cost", 2), 9: Flag("over-engineering", 1)},
    "b": {13: Flag("pricing-feedback", 2), 36: Flag("ignored-cost", 2), 8: Flag("unquantified-impact", 1)},
}  # fmt: skip


def review(page: Page, letter: str) -> Locator:
    place = part(page, letter)
    for n, one in FLAGS[letter].items():
        flag(place, n, one.kind, one.tokens)
    open_ledger(place)
    return place


def test_a_review_by_keyboard_opens_the_ledger_with_python_s_score(reader: BrowserContext, site: Site) -> None:
    page = open_page(reader, site)
    expect(part(page, "a").locator(".rt-status")).to_have_text(f"{FIRST_TOKENS} tokens. Select the sentences that you would comment on.")
    assert not part(page, "a").locator(".rt-ledger").evaluate("fold => fold.open")
    place = review(page, "a")
    doc = red_document("mistakes", "a")
    told = score(doc, FLAGS["a"], doc.book)
    said = place.locator(".rt-score")
    expect(said).to_contain_text(f"Hits: {told.hits} of 4 flaws, {told.named} with the right mistake. False alarms: {told.alarms}.")
    expect(said).to_contain_text(f"Damage caught: {share_text(told.caught)}. You expected 60%.")
    expect(said).to_contain_text(f"Damage caught per token: {share_text(told.per_token)}")
    expect(said).to_be_focused()
    assert place.locator(".rt-ledger").evaluate("fold => fold.open")
    assert place.locator("[data-tokens-of]").all_inner_texts() == ["4", "missed", "3, another mistake named", "missed"]
    badges = place.locator(".rt-badge").all_inner_texts()
    assert [badge.strip() for badge in badges] == ["sound", "sound", "A1", "A2", "A3", "A4"], "in the order of the text, in words"
    assert [line.inner_text() for line in place.locator(".rt-verdict").all()] == ["You flagged it.", "You let it stand."]
    expect(place.locator(".rt-sentence input").first).to_be_disabled()


def test_the_second_document_has_five_tokens_and_the_rounds_are_compared(reader: BrowserContext, site: Site) -> None:
    page = open_page(reader, site)
    flag(part(page, "b"), 13, "pricing-feedback", 7)  # begun while it would have been the first
    review(page, "a")
    place = part(page, "b")
    expect(place.locator(".rt-state")).to_have_text(f"The next round: {LATER_TOKENS} tokens.")
    expect(place.locator(".rt-status")).to_have_text("1 flag. 7 of 5 tokens: 2 more than you have: take 2 back.")
    open_ledger(place)
    assert not place.locator(".rt-ledger").evaluate("fold => fold.open"), "not with more tokens than there are"
    place.locator(".rt-flag button").press("Enter")
    expect(place.locator(".rt-sentence[data-n='13'] input")).to_be_focused()
    review(page, "b")
    rows = place.locator(".rt-rounds tbody tr").all_inner_texts()
    told = [score(red_document("mistakes", letter), FLAGS[letter], red_document("mistakes", letter).book) for letter in "ab"]
    assert [row.split("\t") for row in rows] == [
        [str(round), letter.upper(), str(tokens), str(one.hits), str(one.alarms), share_text(one.caught), "60%", share_text(one.per_token)]
        for round, (letter, tokens, one) in enumerate(zip("ab", (FIRST_TOKENS, LATER_TOKENS), told), 1)
    ]
    expect(part(page, "a").locator(".rt-rounds tbody tr")).to_have_count(2)


def test_what_is_missing_is_said_and_found(reader: BrowserContext, site: Site) -> None:
    page = open_page(reader, site)
    place = part(page, "c")
    status = place.locator(".rt-status")
    place.locator(".rt-commit button[type=submit]").click()
    expect(status).to_have_text("Flag a sentence first: a ledger without a review teaches little.")
    place.locator(".rt-sentence[data-n='11']").click()  # anywhere on the sentence
    expect(status).to_have_text("1 flag. 1 of 10 tokens: 9 left. 1 mistake to name.")
    place.locator(".rt-commit button[type=submit]").click()
    expect(status).to_have_text("Name the mistake of every flag.")
    expect(place.locator(".rt-flag select").first).to_be_focused()
    place.locator(".rt-flag select").first.select_option("features-over-reliability")
    place.locator(".rt-flag select").last.select_option("10")
    expect(status).to_have_text("1 flag. 10 of 10 tokens: all are placed.")
    place.locator(".rt-commit button[type=submit]").click()
    expect(status).to_have_text("Say which share of the damage you think your flags catch.")
    expect(place.locator("select[name=guess]")).to_be_focused()
    place.locator(".rt-sentence[data-n='11']").click()
    expect(place.locator(".rt-flag")).to_have_count(0)
    assert not place.locator(".rt-ledger").evaluate("fold => fold.open")


def test_a_review_is_kept_exported_imported_and_cleared(reader: BrowserContext, site: Site, tmp_path: Path) -> None:
    page = open_page(reader, site)
    place = review(page, "a")
    place.locator("[data-fix=A2]").fill("A host starts from its own copy.")
    page.wait_for_function("localStorage.infrapm.includes('its own copy')")
    page.reload()
    place = part(page, "a")
    expect(place.locator(".rt-score")).to_contain_text("Damage caught: 33%.")
    expect(place.locator("[data-fix=A2]")).to_have_value("A host starts from its own copy.")
    # A second look keeps the first result.
    place.locator(".rt-again").click()
    expect(place.locator(".rt-badge")).to_have_count(0)
    place.locator(".rt-flag[data-n='11'] button").click()
    flag(place, 28, "features-over-reliability", 2)
    open_ledger(place, "100")
    expect(place.locator(".rt-score")).to_contain_text("Damage caught: 98%. You expected 100%.")
    expect(place.locator(".rt-score")).to_contain_text("At first: 33% caught")
    expect(place.locator(".rt-state")).to_contain_text("33% of the damage caught")

    page.locator(".ip-work summary").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").first.click()
    saved = tmp_path / "work.json"
    download.value.save_as(saved)
    kept = json.loads(saved.read_text())["chapters"]["mistakes"]["review"]["a"]
    assert kept["flags"]["28"] == {"kind": "features-over-reliability", "tokens": 2} and kept["first"]["given"] == FIRST_TOKENS

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear").first.click()
    expect(place.locator(".rt-state")).to_have_text(f"Round 1: {FIRST_TOKENS} tokens.")
    page.locator(".ip-work summary").first.click()
    page.locator(".ip-work input[type=file]").first.set_input_files(saved)
    expect(place.locator(".rt-state")).to_contain_text("33% of the damage caught")

    page.locator(".ip-work summary").first.click()
    damaged = json.loads(saved.read_text())
    damaged["chapters"]["mistakes"]["review"]["a"] = {"flags": {"28": 3}}
    saved.write_text(json.dumps(damaged))
    page.locator(".ip-work input[type=file]").first.set_input_files(saved)
    expect(page.locator(".ip-work .ip-feedback").first).to_contain_text("A review in “mistakes” of the file is damaged. Nothing was changed.")


def test_a_flaw_s_cost_is_computed_by_the_model(reader: BrowserContext, site: Site) -> None:
    page = open_page(reader, site)
    page.locator("#red-team-c .rt-ledger > summary").click()
    task = page.locator("#task-c4")
    task.locator("input").fill("139")
    task.locator("button").click()
    expect(task.locator(".ip-feedback")).to_contain_text("Got it. If a slow fifth moves at 1% a week and the rest at 8%, it is 258.")
    page.reload()
    page.locator("#red-team-c .rt-ledger > summary").click()
    expect(page.locator("#task-c4 .ip-feedback")).to_have_text("✓ You had this right.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_open_review_fits_a_phone_and_axe_finds_no_violation(new_reader, site: Site, scheme: str) -> None:
    reader = new_reader(color_scheme=scheme)
    reader.add_init_script(SAVE_DATA)
    page = open_page(reader, site)
    page.add_script_tag(path=AXE)
    for letter in "ab":
        review(page, letter)
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe_violations(page) == [], width
    part(page, "c").locator(".rt-sentence input").nth(2).focus()
    box = part(page, "c").locator(".rt-sentence input").nth(2).bounding_box()
    foot = part(page, "c").locator(".rt-status").bounding_box()
    assert box["y"] + box["height"] <= foot["y"] or box["y"] >= foot["y"] + foot["height"], "the count of tokens hides no focus"


def test_without_a_script_the_document_reads_and_the_ledger_is_folded(new_reader, site: Site) -> None:
    page = open_page(new_reader(java_script_enabled=False), site)
    place = part(page, "a")
    expect(place.locator(".rt-sentence").first).to_be_visible()
    expect(place.locator(".rt-sentence input").first).to_be_hidden()
    expect(place.locator(".rt-commit")).to_be_hidden()
    expect(place.locator(".rt-flaw").first).to_be_hidden()
    place.locator(".rt-ledger > summary").click()
    expect(place.locator(".rt-flaw").first).to_be_visible()
