"""Parts with fixed labels, written on the page itself.

    ```{worked-decision}          ```{interview}               ```{decision-box} Which nine do we offer?
    :Question: ...                :Question: ...               What to ask, what to choose when, what it costs.
    :Model: ...                   :Tests: ...                  ```
    ```                           ```

A label that is missing, or is not one of the part's own, fails the build.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def label_problem(found: list[str], labels: tuple[str, ...]) -> str:
    """What is wrong with the labels of a part, or an empty text.

    >>> label_problem(["Question", "Number"], ("Question", "Model", "Number"))
    'the label “Model” is missing'
    """
    for label in labels:
        if label not in found:
            return f"the label “{label}” is missing"
    strange = [label for label in found if label not in labels]
    return f"“{strange[0]}” is not one of the labels: {', '.join(labels)}" if strange else ""


class _Labelled(SphinxDirective):
    """A field list with exactly the labels of the part."""

    has_content = True
    labels: tuple[str, ...]
    style: str

    def run(self) -> list[nodes.Node]:
        box = nodes.container(classes=[self.style])
        box += self.parse_content_to_nodes()
        fields = list(box.findall(nodes.field))
        problem = label_problem([field[0].astext() for field in fields], self.labels)
        if problem:
            raise self.error(f"{self.name}: {problem}")
        return [box]


class WorkedDecision(_Labelled):
    """{worked-decision}: one decision from question to trigger."""

    labels = ("Question", "Model", "Number", "Range", "Decision", "Reversal trigger")
    style = "ip-worked"


class Interview(_Labelled):
    """{interview}: a question of an interview, a strong and a weak answer."""

    labels = ("Question", "Tests", "Strong answer", "Weak answer", "Mistakes")
    style = "ip-interview"


class DecisionBox(SphinxDirective):
    """{decision-box} TITLE"""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        box = nodes.admonition(classes=["ip-decision"])
        box += nodes.title("", f"Decision: {self.arguments[0]}")
        box += self.parse_content_to_nodes()
        return [box]


def setup(app: Sphinx) -> None:
    app.add_directive("worked-decision", WorkedDecision)
    app.add_directive("interview", Interview)
    app.add_directive("decision-box", DecisionBox)
