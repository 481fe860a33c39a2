"""Check boxes and rows in an explorer on a page, by keyboard, by paste and by click."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from infrapm.site.pages import first_picture, render
from tests.conftest import AXE, CUT_OFF, SAVE_DATA, Site, axe_violations
from tests.fixtures.made_page import made_page
from tests.fixtures.small_chapter import WORK

pytestmark = pytest.mark.browser

BOOK = WORK.defaults["work"]
HEADINGS = BOOK.splitlines()[0]


def open_work(reader: BrowserContext, site: Site) -> Page:
    answer = WORK.answer({})
    part = render("explorer.html", explorer=WORK, answer=answer, slug="small", prefix="explorer-work", picture=first_picture(answer.view.picture))
    return made_page(reader, site, [part], lambda asked: asdict(WORK.answer(asked["typed"], asked["changed"])))


def rows(page: Page) -> Locator:
    return page.locator("textarea")


def says(page: Page, reading: str, error: str = "") -> None:
    expect(page.locator(".ip-reading")).to_have_text(reading)
    expect(page.locator("#explorer-work-work-error")).to_have_text(error)
    assert (rows(page).get_attribute("aria-invalid") == "true") is bool(error)


def test_rows_are_written_refused_and_mended_by_keyboard(reader: BrowserContext, site: Site) -> None:
    page = open_work(reader, site)
    rows(page).press("Control+a")
    page.keyboard.type("A,1,100,must")
    says(page, "1 rows, db, open: 1 weeks.")  # without leaving the field
    assert rows(page).input_value() == "A,1,100,must", "nothing moves under the reader's hands"
    page.keyboard.press("Enter")
    page.keyboard.type("B,2,180,must")
    page.keyboard.press("Tab")
    says(page, "1 rows, db, open: 1 weeks.", "Row 2, Confidence goes from 0 to 100%.")
    expect(page.locator("#explorer-work-work-error")).to_be_visible()
    assert rows(page).input_value() == "A,1,100,must\nB,2,180,must"
    rows(page).press("ArrowDown")
    rows(page).press("Control+End")
    for _ in range(len("180,must")):
        page.keyboard.press("Backspace")
    page.keyboard.type("80,must")
    page.keyboard.press("Tab")
    says(page, "2 rows, db, open: 2.6 weeks.")
    expect(rows(page)).to_have_value(f"{HEADINGS}\nA,1,100,must\nB,2,80,must\n")
    assert page.locator(".ip-table td").all_text_contents() == ["1", "must", "1.6", "must"]


def test_rows_come_from_a_spreadsheet_and_go_there(new_reader, site: Site, tmp_path: Path) -> None:
    page = open_work(new_reader(permissions=["clipboard-read", "clipboard-write"]), site)
    page.evaluate("text => navigator.clipboard.writeText(text)", "Rank\tItem\tEffort\tConfidence\nmust\tCache, then DNS\t4\t50\n")
    rows(page).press("Control+a")
    rows(page).press("Control+v")
    rows(page).press("Tab")
    says(page, "1 rows, db, open: 2 weeks.")
    tidy = f'{HEADINGS}\n"Cache, then DNS",4,50,must\n'
    expect(rows(page)).to_have_value(tidy)
    page.get_by_role("button", name="Copy").press("Enter")
    expect(page.locator(".ip-rows-tools [role=status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == tidy
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download as CSV").press("Enter")
    assert coming.value.suggested_filename == "work.csv"
    coming.value.save_as(tmp_path / "work.csv")
    assert (tmp_path / "work.csv").read_text(encoding="utf-8-sig") == tidy


def test_the_reader_s_rows_survive_a_reload_and_a_reset(new_reader, site: Site) -> None:
    reader = new_reader()
    reader.add_init_script(SAVE_DATA)  # so that Python sleeps until the first touch
    page = open_work(reader, site)
    reset, back = (page.get_by_role("button", name=name) for name in ("Reset", "Back to my rows"))
    expect(back).to_be_hidden()
    reset.press("Enter")
    expect(page.locator(".ip-rows-tools [role=status]")).to_have_text("These are the book's rows.")
    expect(back).to_be_hidden()

    rows(page).fill("A,1,100,must")
    page.wait_for_function("localStorage.infrapm?.includes('A,1,100')")
    page.reload()
    expect(rows(page)).to_have_value("A,1,100,must")
    assert page.locator(".ip-status").text_content().startswith("These rows are yours.")
    page.locator("[name=scale]").press("ArrowUp")
    page.locator("[value=dns]").press("Space")
    says(page, "1 rows, dns and db, open: 1 weeks.")
    assert page.locator(".ip-status").text_content() == ""

    reset.press("Enter")
    expect(rows(page)).to_have_value(BOOK)
    says(page, "2 rows, dns and db, open: 4.85 weeks.")
    rows(page).fill("bad")
    rows(page).press("Tab")
    says(page, "2 rows, dns and db, open: 4.85 weeks.", "Row 1 has 1 cell; it needs 4: Item, Effort, Confidence, Rank.")
    reset.press("Enter")
    page.reload()
    expect(rows(page)).to_have_value(BOOK)
    back.press("Enter")
    expect(rows(page)).to_have_value("bad")
    back.press("Enter")
    says(page, "1 rows, db, open: 1 weeks.")
    expect(rows(page)).to_have_value(f"{HEADINGS}\nA,1,100,must\n")
    back.press("Enter")
    expect(rows(page)).to_have_value("bad")


def test_check_boxes_answer_to_keyboard_and_to_clicks_in_the_drawing(reader: BrowserContext, site: Site) -> None:
    page = open_work(reader, site)
    dns, db, api = (page.locator(f"[value={key}]") for key in ("dns", "db", "api"))
    dns.press("Space")
    says(page, "2 rows, dns and db, open: 4.85 weeks.")
    page.locator("[data-toggle='parts:api']").click()
    expect(page.locator("#explorer-work-parts-error")).to_have_text("Parts: choose at most 2.")
    assert [box.get_attribute("aria-invalid") for box in (dns, db, api)] == ["true"] * 3
    page.locator("[data-toggle='parts:db']").click()
    says(page, "2 rows, dns and api, open: 4.85 weeks.")
    expect(page.locator("#explorer-work-parts-error")).to_be_hidden()
    assert [box.get_attribute("aria-invalid") for box in (dns, db, api)] == [None] * 3
    assert page.locator("rect[fill=currentColor]").count() == 2
    page.locator("[name=done]").press("Space")
    says(page, "2 rows, dns and api, done: 4.85 weeks.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_fit_a_phone_and_axe_finds_no_violation(new_reader, site: Site, scheme: str) -> None:
    page = open_work(new_reader(color_scheme=scheme), site)
    page.add_script_tag(path=AXE)
    rows(page).fill("A,1,180,must," + "x" * 300)
    rows(page).press("Tab")
    expect(page.locator("#explorer-work-work-error")).to_be_visible()
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []
        assert axe_violations(page) == []
    for box in page.locator(".ip-option").all():
        assert box.bounding_box()["height"] >= 24


def test_tables_of_a_foreign_file_are_checked(reader: BrowserContext, site: Site) -> None:
    page = open_work(reader, site)
    refusal = "async text => (await import('/_static/study.js')).refusal(text)"
    good = '{"infrapm": 1, "settings": {}, "chapters": {"small": {"rows": {"work.work": {"text": "A", "earlier": ["B"]}}}}}'
    assert page.evaluate(refusal, good) == ""
    assert page.evaluate(refusal, good.replace('["B"]', "3")) == "A table in “small” of the file is damaged."
