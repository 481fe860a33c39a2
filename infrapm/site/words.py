"""Words of data files as HTML: Markdown, with {calc} roles computed.

For text that stands inside a form or a label, where Sphinx's own nodes cannot go.
"""

from markdown_it import MarkdownIt
from markupsafe import Markup

from infrapm.exercises._numbers import filled

from .chapters import module_name

_markdown = MarkdownIt("commonmark", {"html": False})


def words_html(text: str, slug: str) -> Markup:
    """Paragraphs and lists."""
    return Markup(_markdown.render(filled(text.strip(), module_name(slug))))


def inline_html(text: str, slug: str) -> Markup:
    """A line of words, without a paragraph around it."""
    return Markup(_markdown.renderInline(filled(text.strip(), module_name(slug))))
