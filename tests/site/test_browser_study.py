"""What a reader commits, writes and grades, in a real browser: gates, memory, export and import."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from infrapm.exercises import chapter
from infrapm.exercises._content import Choice, content
from infrapm.exercises._numbers import filled
from infrapm.site.chapters import slugs
from tests.conftest import SAVE_DATA, Site

pytestmark = pytest.mark.browser

CHAPTERS = slugs()
NewReader = Callable[..., BrowserContext]


@pytest.fixture
def new_reader(new_reader: NewReader) -> NewReader:
    """Readers for whom Python sleeps: nothing here asks it."""

    def new(**options: Any) -> BrowserContext:
        reader = new_reader(**options)
        reader.add_init_script(SAVE_DATA)
        return reader

    return new


def open_chapter(reader: BrowserContext, site: Site, slug: str) -> Page:
    page = reader.new_page()
    page.goto(f"{site.address}/book/{slug}.html")
    return page


def part(page: Page, slug: str, id: str):
    return page.locator(f"#study-{slug}-{id}")


def commit(page: Page, slug: str, choice: Choice, key: str, id: str = "", confidence: str = "80", reason: str = "") -> None:
    """Choose, say how sure, give a reason where one is asked for, and commit; by keyboard for the last step."""
    place = part(page, slug, id or choice.id)
    place.locator(f"input[value={key}]").check()
    if place.locator("select[name=confidence]").count():
        place.locator("select[name=confidence]").select_option(confidence)
    if place.locator("input[name=reason]").count():
        place.locator("input[name=reason]").fill(reason)
    place.locator("button[type=submit]").press("Enter")


def wrong_option(choice: Choice):
    return next(option for option in choice.options if option.key != choice.right)


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_commitment_wants_a_choice_and_a_confidence(reader: BrowserContext, site: Site, slug: str) -> None:
    page = open_chapter(reader, site, slug)
    decision = part(page, slug, "decision")
    decision.locator("button[type=submit]").click()
    expect(decision.locator(".ip-feedback")).to_have_text("Choose one first.")
    decision.locator("input[type=radio]").first.check()
    decision.locator("button[type=submit]").click()
    expect(decision.locator(".ip-feedback")).to_contain_text("Say how sure you are")
    assert page.evaluate("localStorage.getItem('infrapm')") is None


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_decision_returns_beside_the_first_one_and_survives_a_reload(reader: BrowserContext, site: Site, slug: str) -> None:
    page = open_chapter(reader, site, slug)
    decision = content(slug).decision
    first = wrong_option(decision)
    commit(page, slug, decision, first.key, confidence="90", reason="it looks right")
    expect(part(page, slug, "decision").locator(".ip-feedback")).to_contain_text("comes back at the end")
    # Before the chapter is read, the authors' view stays folded.
    expect(part(page, slug, "decision").locator(".ip-reveal dl")).to_be_hidden()
    commit(page, slug, decision, decision.right, id="decision-again", confidence="60", reason="the numbers")
    for _ in range(2):
        compared = part(page, slug, "decision-again").locator(".ip-compare")
        expect(compared).to_contain_text("90% sure. it looks right")
        expect(compared).to_contain_text("60% sure. the numbers")
        expect(part(page, slug, "decision-again").locator(".ip-feedback")).to_contain_text("As the authors")
        page.reload()


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_prediction_opens_its_explorer(reader: BrowserContext, site: Site, slug: str) -> None:
    page = open_chapter(reader, site, slug)
    for pack in content(slug).evidence:
        commit(page, slug, pack, pack.right)
        expect(part(page, slug, pack.id).locator(".ip-after")).to_be_visible()
    for prediction in content(slug).predictions:
        explorer = page.locator(f"#explorer-{prediction.explorer}")
        expect(explorer).to_have_class("ip-explorer ip-gated")
        expect(explorer.locator("form :is(input, select, textarea)").first).to_be_disabled()
        expect(explorer.locator(".ip-reading")).to_be_hidden()
        commit(page, slug, prediction, prediction.right)
        expect(explorer).not_to_have_class("ip-explorer ip-gated")
        expect(explorer.locator("form :is(input, select, textarea)").first).to_be_enabled()
        expect(explorer.locator(".ip-reading")).to_be_visible()
        expect(part(page, slug, prediction.id).locator(".ip-after")).to_be_visible()


def test_gates_can_be_passed_one_by_one_or_all_at_once(reader: BrowserContext, site: Site) -> None:
    slug = CHAPTERS[0]
    page = open_chapter(reader, site, slug)
    gated = page.locator(".ip-gated")
    number = len({prediction.explorer for prediction in content(slug).predictions})
    expect(gated).to_have_count(number)
    page.locator(".ip-gate button").first.click()
    expect(gated).to_have_count(number - 1)
    page.locator(".ip-work summary").click()
    page.get_by_label("Show every picture at once").check()
    expect(gated).to_have_count(0)
    page.reload()
    expect(gated).to_have_count(0)


@pytest.mark.parametrize("slug", CHAPTERS)
def test_every_option_of_every_question_gets_its_feedback(reader: BrowserContext, site: Site, slug: str) -> None:
    page = open_chapter(reader, site, slug)
    for question in content(slug).questions:
        for option in question.options:
            commit(page, slug, question, option.key)
            said = filled(option.feedback, slug.replace("-", "_"))
            verdict = "✓ As the authors." if option.key == question.right else "✗ The authors differ."
            expect(part(page, slug, question.id).locator(".ip-feedback")).to_contain_text(f"{verdict} {said}"[:120])


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_judgment_from_anchors_to_model_answer(reader: BrowserContext, site: Site, slug: str) -> None:
    page = open_chapter(reader, site, slug)
    judgment = content(slug).judgment
    place = part(page, slug, "judgment")
    expect(place.locator(".ip-model blockquote")).to_be_hidden()
    for number, anchor in enumerate(judgment.anchors, 1):
        place.locator(f"select[name=anchor-{number}]").select_option(str(min(5, anchor.band + 2)))
        expect(place.locator(".ip-anchor").nth(number - 1).locator(".ip-reveal p")).to_contain_text(f"Band {anchor.band}.")
    near = sum(min(5, anchor.band + 2) - anchor.band <= 1 for anchor in judgment.anchors)
    expect(place.locator(".ip-feedback")).to_contain_text(f"on {near} of 3 answers")
    place.locator("textarea").fill("one two three")
    expect(place.locator("[data-count-for]")).to_have_text(f"3 of {judgment.words} words.")
    place.locator("select[name=own]").select_option("2")
    expect(place.locator(".ip-model blockquote")).to_be_visible()
    page.wait_for_function("JSON.parse(localStorage.getItem('infrapm')).chapters[%r].judgment.own === '2'" % slug)
    page.reload()
    expect(place.locator("textarea")).to_have_value("one two three")
    kept = json.loads(page.evaluate("localStorage.getItem('infrapm')"))["chapters"][slug]["judgment"]
    assert set(kept["gaps"]) == {"anchor-1", "anchor-2", "anchor-3"}


def test_the_card_counts_is_kept_and_comes_as_a_file(reader: BrowserContext, site: Site, tmp_path: Path) -> None:
    slug = CHAPTERS[0]
    page = open_chapter(reader, site, slug)
    card = part(page, slug, "card")
    card.locator("textarea[name=number]").fill("12.96 minutes in 30 days")
    card.locator("textarea[name=decision]").fill("word " * 130)
    expect(card.locator("[data-count-for]")).to_contain_text("135 of 120 words. Cut")
    with page.expect_download() as coming:
        card.locator(".ip-download").click()
    coming.value.save_as(tmp_path / "card.md")
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "**Number.** 12.96 minutes in 30 days" in text
    assert "**Reversal trigger.** ..." in text
    page.wait_for_function("localStorage.getItem('infrapm')?.includes('12.96')")
    page.reload()
    expect(card.locator("textarea[name=number]")).to_have_value("12.96 minutes in 30 days")


def work(page: Page, file: Path, confirm: bool = True) -> None:
    """Import a file."""
    page.once("dialog", lambda dialog: dialog.accept() if confirm else dialog.dismiss())
    page.locator(".ip-work").first.evaluate("details => { details.open = true }")
    page.locator(".ip-work input[type=file]").first.set_input_files(file)


def test_work_moves_to_another_browser(new_reader: NewReader, site: Site, tmp_path: Path) -> None:
    slug = CHAPTERS[0]
    question = content(slug).questions[0]
    page = open_chapter(new_reader(), site, slug)
    commit(page, slug, question, question.right)
    page.locator(".ip-work summary").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    other = open_chapter(new_reader(), site, slug)
    with other.expect_navigation():
        work(other, file)
    expect(part(other, slug, question.id).locator(f"input[value={question.right}]")).to_be_checked()
    expect(part(other, slug, question.id).locator(".ip-feedback")).to_contain_text("As the authors")


@pytest.mark.parametrize(
    "text, why",
    [
        ("{", "The file is not JSON"),
        ("[]", "The file is not an export of this book"),
        ('{"infrapm": 99, "settings": {}, "chapters": {}}', "The file is not an export of this book"),
        ('{"infrapm": 1, "chapters": {}}', "lacks its chapters or settings"),
        ('{"infrapm": 1, "settings": {}, "chapters": {"availability": 3}}', "is damaged"),
        ('{"infrapm": 1, "settings": {}, "chapters": {"availability": {"choices": {"decision": 1}}}}', "is damaged"),
    ],
)
def test_a_foreign_or_broken_file_is_refused_and_changes_nothing(
    reader: BrowserContext, site: Site, tmp_path: Path, text: str, why: str
) -> None:
    slug = CHAPTERS[0]
    page = open_chapter(reader, site, slug)
    commit(page, slug, content(slug).questions[0], content(slug).questions[0].right)
    before = page.evaluate("localStorage.getItem('infrapm')")
    file = tmp_path / "work.json"
    file.write_text(text, encoding="utf-8")
    work(page, file)
    expect(page.locator(".ip-work [role=status]")).to_contain_text(why)
    expect(page.locator(".ip-work [role=status]")).to_contain_text("Nothing was changed.")
    assert page.evaluate("localStorage.getItem('infrapm')") == before


def test_fields_of_another_version_of_the_book_are_kept(reader: BrowserContext, site: Site) -> None:
    slug = CHAPTERS[0]
    old = {"version": 1, "settings": {"later": 1}, "chapters": {"gone": {"card": {"x": "y"}}, slug: {"choices": {"old-question": {"first": {}, "last": {}}}}}}
    page = open_chapter(reader, site, slug)
    page.evaluate("text => localStorage.setItem('infrapm', text)", json.dumps(old))
    page.reload()
    commit(page, slug, content(slug).questions[0], content(slug).questions[0].right)
    kept = json.loads(page.evaluate("localStorage.getItem('infrapm')"))
    assert kept["chapters"]["gone"] == {"card": {"x": "y"}}
    assert kept["settings"]["later"] == 1
    assert set(kept["chapters"][slug]["choices"]) == {"old-question", content(slug).questions[0].id}


def test_clear_saves_a_file_first(reader: BrowserContext, site: Site) -> None:
    slug = CHAPTERS[0]
    page = open_chapter(reader, site, slug)
    commit(page, slug, content(slug).questions[0], content(slug).questions[0].right)
    page.locator(".ip-work summary").click()
    page.once("dialog", lambda dialog: dialog.accept())
    with page.expect_download() as coming:
        page.get_by_role("button", name="Clear").click()
    assert coming.value.suggested_filename.endswith("-before-clear.json")
    page.wait_for_function("JSON.parse(localStorage.getItem('infrapm')).chapters && !Object.keys(JSON.parse(localStorage.getItem('infrapm')).chapters).length")


def test_the_front_page_shows_progress_and_calibration(reader: BrowserContext, site: Site) -> None:
    slug = CHAPTERS[0]
    page = open_chapter(reader, site, slug)
    predictions = content(slug).predictions
    commit(page, slug, predictions[0], predictions[0].right, confidence="70")
    commit(page, slug, predictions[1], wrong_option(predictions[1]).key, confidence="70")
    page.goto(f"{site.address}/book/index.html")
    progress = page.locator(".ip-progress")
    total = 1 + len(content(slug).choices) + len(content(slug).audit)  # the decision is asked twice
    tasks = len(chapter(slug).TASKS)
    expect(page.locator(f".ip-chapter[data-slug={slug}] .ip-mine")).to_have_text(f"You: 2 of {total} choices, 0 of {tasks} tasks.")
    for other in CHAPTERS[1:]:
        expect(page.locator(f".ip-chapter[data-slug={other}] .ip-mine")).to_have_text("")
    expect(progress.locator(".ip-reading")).to_contain_text("Of 2 commitments, 1 were as the authors'; you were 70% sure on average.")
    progress.locator("summary").click()
    assert progress.locator("tbody tr").all_inner_texts() == ["70%\t2\t1"]


def test_the_ledger_filters(reader: BrowserContext, site: Site) -> None:
    page = reader.new_page()
    page.goto(f"{site.address}/book/reference/claims.html")
    page.get_by_label("Verdict").select_option("dated")
    expect(page.locator(".ip-ledger-filter [role=status]")).to_have_text("7 of 189 claims")
    page.get_by_label("Words").fill("no such words")
    expect(page.locator(".ip-ledger-filter [role=status]")).to_have_text("0 of 189 claims")
    page.goto(f"{site.address}/book/reference/claims.html#ledger-B004")
    expect(page.locator("#ledger-B004")).to_be_in_viewport()
    expect(page.locator("#ledger-B004").get_by_role("link", name="What a nine costs")).to_be_visible()


@pytest.mark.parametrize("slug", CHAPTERS)
def test_without_javascript_nothing_is_hidden_for_good(new_reader: NewReader, site: Site, slug: str) -> None:
    page = open_chapter(new_reader(java_script_enabled=False), site, slug)
    expect(page.locator(".ip-gated")).to_have_count(0)
    for reveal in page.locator(".ip-study details").all():
        reveal.locator("> summary").click() if not reveal.get_attribute("open") == "" else None
    for choice in content(slug).choices:
        expect(part(page, slug, choice.id).locator(".ip-reveal dl")).to_be_visible()
    expect(part(page, slug, "judgment").locator(".ip-model blockquote")).to_be_visible()


def test_on_paper_the_answers_stand_at_the_end(reader: BrowserContext, site: Site) -> None:
    slug = CHAPTERS[0]
    page = open_chapter(reader, site, slug)
    question = content(slug).questions[0]
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".ip-gated .ip-picture").first).to_have_css("filter", "none")
    expect(part(page, slug, question.id).locator(".ip-reveal")).to_be_hidden()
    expect(part(page, slug, "judgment").locator(".ip-rubric table")).to_be_visible()
    assert page.locator(".ip-solution:visible, .ip-explorer > .ip-table:visible").count() == 0, "nothing that is folded leaves its title behind"
    answers = page.locator(".ip-answers")
    expect(answers.locator("h3").filter(has_text=filled(question.question, slug.replace("-", "_"))[:40])).to_have_count(1)
    assert answers.locator("pre").count() == page.locator(".ip-solution").count() > 0
    expect(page.locator(".bd-article > :last-child")).to_contain_text(filled(question.options[0].feedback, slug.replace("-", "_"))[:60])
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".ip-answers")).to_have_count(0)
