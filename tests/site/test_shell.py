"""The frame of a page: light, offline, accessible in its bones. Builds a book of two pages."""

import gzip
import logging
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from docutils import nodes

from infrapm.site.shell import to_mathml

ROOT = Path(__file__).parents[2]

# The goal for a page is 300 kB, compressed. An exercise may take 40 kB of it.
FRAME_BUDGET_BYTES = 260_000

INDEX = """# A book

See [the chapter](chapter.md).
"""

CHAPTER = r"""# A chapter

A sentence with a source {cite:p}`writer2020`, a formula {math}`A = \frac{1}{1 + r}`, a price
of $5 or $6, and a note[^1]. Equation {eq}`serial` has a number.

```{math}
:label: serial
A = \prod_{i=1}^{n} A_i
```

| Window | Minutes |
| :-- | --: |
| Month | 43.2 |

```{figure} data/dot.svg
:alt: A dot.

A figure with a caption.
```

:::{note}
A box.
:::

```python
print(0.999)
```

::::{tab-set}
:::{tab-item} One
First.
:::
:::{tab-item} Two
Second.
:::
::::

[^1]: A footnote.

## Sources

```{bibliography}
:filter: docname in docnames
```
"""

REFERENCES = """@book{writer2020, author={Writer, Ann}, title={A Title}, publisher={A House},
year={2020}, url={https://example.org/title/}, annotation={a private remark}}
"""

DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle cx="1" cy="1" r="1"/></svg>'

TOC = {"format": "jb-book", "root": "book/index", "chapters": [{"file": "book/chapter"}]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built book with the project's own settings and frame, and no exercises."""
    book = tmp_path_factory.mktemp("book")
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    extensions = config["sphinx"]["config"]["extensions"]
    extensions[extensions.index("infrapm.site")] = "infrapm.site.shell"
    config["sphinx"]["local_extensions"] = {}
    config["sphinx"]["config"].pop("html_extra_path", None)
    files = {
        "_config.yml": yaml.safe_dump(config),
        "_toc.yml": yaml.safe_dump(TOC),
        "book/index.md": INDEX,
        "book/chapter.md": CHAPTER,
        "book/data/references.bib": REFERENCES,
        "book/data/dot.svg": DOT,
        # What Sphinx must not read:
        "node_modules/package/README.md": "no heading",
        "notebooks/chapter.ipynb": "not JSON",
        "CONTRIBUTING.md": "no heading",
    }
    for name, text in files.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(text)
    built = subprocess.run(
        [Path(sys.executable).with_name("jupyter-book"), "build", "-W", "--keep-going", book],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return book / "_build" / "html"


class Page(HTMLParser):
    """A page's tags in order, and the text of its style elements."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.styles = ""
        self.in_style = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.styles += data

    def requests(self) -> list[str]:
        """Every address that a browser loads with the page, data addresses left out."""
        found = re.findall(r"""url\(["']?([^"')]+)""", self.styles)
        for tag, attributes in self.tags:
            names = {"link": ["href"], "object": ["data"], "form": ["action"]}
            names = names.get(tag, ["src", "srcset", "poster"])
            if tag == "link" and attributes.get("rel") in ("search", "prev", "next", "canonical"):
                continue
            found += [attributes[name] for name in names if attributes.get(name)]
        return [address for address in found if not address.startswith("data:")]


def pages(site: Path) -> dict[str, Page]:
    """The three kinds of page, by address."""
    return {name: Page(site / name) for name in ("book/index.html", "book/chapter.html", "search.html")}


def test_pages_hold_their_content(site: Path) -> None:
    html = (site / "book/chapter.html").read_text()
    assert "A chapter" in html and "43.2" in html and "$5 or $6" in html
    assert "A book" in (site / "book/index.html").read_text()


def test_root_leads_to_the_front_page(site: Path) -> None:
    tags = Page(site / "index.html").tags
    assert dict(tags)["html"].get("lang") == "en"
    assert ("a", {"href": "book/index.html"}) in tags
    assert any(attributes.get("content") == "0; url=book/index.html" for _, attributes in tags)


def test_no_request_leaves_the_site(site: Path) -> None:
    for name, page in pages(site).items():
        assert page.requests(), name
        for address in page.requests():
            parts = urlsplit(address)
            assert not parts.scheme and not parts.netloc, f"{name} asks for {address}"
            assert (site / urljoin(name, parts.path)).is_file(), f"{name} asks for a missing {address}"


def test_sheets_ask_for_nothing_outside(site: Path) -> None:
    for sheet in (site / "_static").rglob("*.css"):
        for address in re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", sheet.read_text()):
            assert not re.match(r"(https?:)?//", address), f"{sheet.name} asks for {address}"


def test_no_script_that_a_page_does_not_need(site: Path) -> None:
    unwanted = re.compile("fontawesome|thebe|mathjax|require|embed|bootstrap|copybutton|togglebutton")
    for name, page in pages(site).items():
        for tag, attributes in page.tags:
            if tag == "script" and attributes.get("src"):
                assert not unwanted.search(attributes["src"].lower()), f"{name} loads {attributes['src']}"
                assert "defer" in attributes, f"{attributes['src']} holds up {name}"


def test_only_the_search_page_loads_the_index(site: Path) -> None:
    for name, page in pages(site).items():
        loads = any("searchindex.js" in address for address in page.requests())
        assert loads == (name == "search.html"), name


def test_weight(site: Path) -> None:
    for name, page in pages(site).items():
        paths = {site / name} | {site / urljoin(name, urlsplit(a).path) for a in page.requests()}
        weight = sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)
        assert weight <= FRAME_BUDGET_BYTES, f"{name} weighs {weight} bytes"


def test_bones_of_a_page(site: Path) -> None:
    for name, page in pages(site).items():
        tags = [tag for tag, _ in page.tags]
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        links = [attributes for tag, attributes in page.tags if tag == "a"]
        assert dict(page.tags)["html"].get("lang") == "en", name
        assert tags.count("h1") == 1 and tags.count("main") == 1, name
        assert len(ids) == len(set(ids)), f"{name} repeats an id"
        assert links[0].get("href") == "#main-content", f"{name}: the skip link comes first"
        assert "main-content" in ids, name
        for tag, attributes in page.tags:
            if tag == "img":
                assert attributes.get("alt"), f"{name}: an image without words"


def test_sources_are_named_without_remarks(site: Path) -> None:
    html = (site / "book/chapter.html").read_text()
    assert "Writer, 2020" in html and "A House" in html
    assert "private remark" not in html


def test_mathematics_is_mathml(site: Path) -> None:
    html = (site / "book/chapter.html").read_text()
    assert html.count("<math ") == 2 and "<mfrac>" in html
    assert '<span class="eqno">(1)</span>' in html


def test_formula() -> None:
    tree = ElementTree.fromstring(to_mathml(None, nodes.math(text=r"\frac{a}{b}"), as_block=False))
    assert [element.tag.split("}")[1] for element in tree.iter()] == ["math", "mfrac", "mi", "mi"]


def test_formula_that_tex_refuses_is_a_warning() -> None:
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("sphinx.infrapm.site.shell")
    logger.addHandler(handler)
    try:
        translator = SimpleNamespace(encode=str)
        html = to_mathml(translator, nodes.math(text=r"\nosuch{a}"), as_block=False)
    finally:
        logger.removeHandler(handler)
    assert html == r"<code>\nosuch{a}</code>"
    assert len(said) == 1 and "nosuch" in said[0]


def luminance(color: str) -> float:
    """Relative luminance of #rrggbb, WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colors, 1 to 21, WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the well-known near miss


@pytest.mark.parametrize(
    "name", ["ink", "muted", "accent", "good", "warn", "edge", "blue", "vermillion", "green"]
)
def test_colors_stand_out(name: str) -> None:
    """Text needs 4.5 to 1; the borders of controls and the marks of charts need 3 to 1."""
    css = (ROOT / "infrapm/site/static/shell.css").read_text()
    colors = {m[0]: m[1:] for m in re.findall(r"--ip-(\w+): light-dark\((#\w{6}), (#\w{6})\)", css)}
    colors |= {m[0]: (m[1], m[1]) for m in re.findall(r"--ip-(\w+): (#\w{6});", css)}
    least = 3.0 if name in ("edge", "blue", "vermillion", "green") else 4.5
    for mode in (0, 1):
        for ground in ("paper", "panel"):
            assert contrast(colors[name][mode], colors[ground][mode]) >= least, (ground, mode)
