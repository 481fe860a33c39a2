"""The claim auditor in a real browser: trust by keyboard, what unfolds, what is kept, the picture, two rewritten claims."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from infrapm.exercises import chapter, find
from infrapm.exercises._claims import claims, holds
from infrapm.exercises._content import content
from tests.conftest import AXE, Site, axe_violations

pytestmark = pytest.mark.browser

SLUG = "role"
DECK = [card.claim for card in content(SLUG).audit]


def open_role(reader: BrowserContext, site: Site) -> Page:
    page = reader.new_page()
    page.goto(f"{site.address}/book/{SLUG}.html")
    return page


def card(page: Page, claim: str) -> Locator:
    return page.locator(f"#study-{SLUG}-audit-{claim}")


def commit(page: Page, claim: str, trust: int) -> None:
    card(page, claim).locator(f"input[name=trust][value='{trust}']").check()
    card(page, claim).locator("form").first.locator("button").press("Enter")


def kept(page: Page) -> dict:
    return json.loads(page.evaluate("localStorage.getItem('infrapm')") or '{"chapters": {}}')["chapters"].get(SLUG, {})


def test_a_card_wants_trust_first_and_then_unfolds_the_verdict(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    part = card(page, "A028")
    expect(part.locator(".ip-claim")).to_be_hidden()
    part.locator("form").first.locator("button").click()
    expect(part.locator(".ip-feedback").first).to_contain_text("Say first how likely")
    assert kept(page) == {}
    commit(page, "A028", 70)
    expect(part.locator(".ip-feedback").first).to_have_text("You: 70%. The ledger: corrected. It does not hold up.")
    for shown in (".ip-recompute", ".ip-claim", ".ip-may", ".ip-after"):
        expect(part.locator(shown)).to_be_visible()
    # Another trust is kept beside the first, and both survive a reload.
    commit(page, "A028", 10)
    page.reload()
    expect(part.locator(".ip-feedback").first).to_contain_text("You: 70% at first, 10% now.")
    first = kept(page)["choices"]["audit-A028"]["first"]
    assert (first["trust"], first["confidence"], first["right"]) == (70, 70, False)


def test_trust_counts_in_the_calibration_only_where_a_verdict_is_known(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    for claim in DECK:
        commit(page, claim, 30)
    choices = kept(page)["choices"]
    for claim in DECK:
        truth = holds(claims()[claim]["verdict"])
        first = choices[f"audit-{claim}"]["first"]
        if truth is None:
            assert "confidence" not in first and "right" not in first
        else:  # 30% that it holds is 70% that it fails
            assert (first["confidence"], first["right"]) == (70, not truth)
    page.goto(f"{site.address}/book/index.html")
    scored = [holds(claims()[claim]["verdict"]) for claim in DECK if holds(claims()[claim]["verdict"]) is not None]
    expect(page.locator(".ip-progress .ip-reading")).to_contain_text(f"Of {len(scored)} commitments, {scored.count(False)} were")


def test_the_picture_tells_trust_by_verdict(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    result = page.locator(".ip-audit-result")
    expect(result.locator(".ip-trusted")).to_contain_text("after your first card")
    for claim, trust in {"B016": 90, "B022": 30, "A028": 90, "A014": 50}.items():
        commit(page, claim, trust)
    reading = result.locator(".ip-reading")
    expect(reading).to_contain_text("You have audited 4 of 14 claims. Those that hold up (2) had 60% of your trust on average.")
    expect(reading).to_contain_text("Those that do not (1) had 90%.")
    expect(reading).to_contain_text("Your trust was highest and wrong in A028, at 90%. It was lowest and wrong in B022, at 30%.")
    assert result.get_by_role("img").get_attribute("aria-label") == reading.text_content()
    assert result.locator("svg circle").count() == 3 and result.locator("svg g path").count() == 1
    result.locator("summary").click()
    expect(result.locator("tbody tr").filter(has_text="verified")).to_have_text("verified60%B016 90%, B022 30%")


def test_a_card_recomputes_with_the_reader_s_numbers(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    commit(page, "A014", 50)
    part = page.locator("#recompute-A014")
    part.locator("[name=share]").fill("20")
    part.locator("[name=share]").press("Enter")
    explorer = find(chapter(SLUG).RECOMPUTE, "A014")
    wanted = explorer.answer(explorer.defaults | {"share": "20"}).view.reading
    expect(part.locator(".ip-reading")).to_have_text(wanted, timeout=60_000)
    part.locator("[name=share]").fill("200")
    part.locator("[name=share]").press("Enter")
    expect(part.locator(".ip-error").last).to_contain_text("Said to be goes from")
    expect(part.locator(".ip-reading")).to_have_text(wanted)


def test_two_claims_are_rewritten_and_kept(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    result = page.locator(".ip-rewrite")
    result.locator("[name=claim1]").select_option("A028")
    result.locator("[name=text1]").fill("A blog of 2014 gave 5,600 USD a minute.")
    expect(result.locator("[data-count-for=text1]")).to_have_text("9 of 60 words.")
    page.wait_for_function("JSON.parse(localStorage.infrapm ?? '{}').chapters?.role?.rewrite?.text1")
    page.reload()
    expect(result.locator("[name=text1]")).to_have_value("A blog of 2014 gave 5,600 USD a minute.")
    with page.expect_download() as download:
        result.locator(".ip-download").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert "**A028: " in text and "A blog of 2014" in text


def test_the_own_line_can_be_taken_along_and_is_kept(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    own, take = page.locator("#explorer-own"), page.locator(".ip-take-away")
    expect(take).to_be_visible()
    own.locator("[name=runs_per_month]").fill("3750")
    own.locator("[name=runs_per_month]").press("Enter")
    explorer = find(chapter(SLUG).EXPLORERS, "own")
    wanted = explorer.answer(explorer.defaults | {"runs_per_month": "3750"}).view.reading
    expect(own.locator(".ip-reading")).to_have_text(wanted, timeout=60_000)
    with page.expect_download() as download:
        take.locator(".ip-download").click()
    assert download.value.path().read_text(encoding="utf-8").strip() == wanted
    page.wait_for_function("JSON.parse(localStorage.infrapm ?? '{}').chapters?.role?.typed?.own?.runs_per_month === '3750'")
    page.reload()
    expect(own.locator("[name=runs_per_month]")).to_have_value("3750")
    expect(own.locator(".ip-status")).to_contain_text("These numbers are yours.")
    own.scroll_into_view_if_needed()
    expect(own.locator(".ip-reading")).to_have_text(wanted, timeout=60_000)


def test_the_whole_deck_is_accessible_when_it_is_open(reader: BrowserContext, site: Site) -> None:
    page = open_role(reader, site)
    for claim in DECK:
        commit(page, claim, 50)
    page.add_script_tag(path=AXE)
    assert axe_violations(page) == []


def test_without_a_script_the_cards_read_from_top_to_bottom(new_reader, site: Site) -> None:
    page = new_reader(java_script_enabled=False).new_page()
    page.goto(f"{site.address}/book/{SLUG}.html")
    cards = page.locator(".ip-audit")
    assert cards.count() == len(DECK) and cards.locator("details[open]").count() == 0
    cards.first.locator("summary").first.click()
    expect(cards.first.locator(".ip-claim")).to_be_visible()
    expect(page.locator(".ip-take-away")).to_be_hidden()
