"""The role {calc}: a number in prose that the models compute while the book is built.

`infrapm.exercises._numbers` says what stands inside. What cannot be computed fails the build with
file and line.
"""

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from infrapm.exercises._numbers import computed

from .chapters import module_name
from .pages import depend_on_package


class Calc(SphinxRole):
    """See the module's text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        depend_on_package(self.env)
        try:
            shown = computed(self.text, module_name(self.env.docname.rsplit("/", 1)[-1]))
        except Exception as problem:  # an author's slip of any kind becomes an error with file and line
            inliner: Inliner = self.inliner
            message = inliner.reporter.error(
                f"cannot compute {self.text!r}: {type(problem).__name__}: {problem}", line=self.lineno
            )
            return [inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline(self.rawtext, shown, classes=["ip-calc"])], []


def setup(app: Sphinx) -> None:
    app.add_role("calc", Calc())
