"""The decision, predictions and judgment in a notebook: what each call answers, good and bad."""

import pytest

from infrapm.exercises._content import content
from infrapm.exercises._study import study
from infrapm.site.chapters import slugs


@pytest.fixture(params=slugs())
def slug(request):
    return request.param


def test_without_an_answer_each_shows_its_question(slug):
    decide, predict, judge = study(slug)
    filling = content(slug)
    assert all(f"`{option.key}`" in str(decide()) for option in filling.decision.options)
    for prediction in filling.predictions:
        assert all(f"`{option.key}`" in str(predict(prediction.id)) for option in prediction.options)
    assert filling.judgment.title in str(judge())
    assert "{calc}" not in f"{decide()}{judge()}"


def test_predictions(slug):
    _, predict, _ = study(slug)
    prediction = content(slug).predictions[0]
    wrong = next(option for option in prediction.options if option.key != prediction.right)
    assert str(predict(prediction.id, None, None)) == "Not answered yet."
    assert str(predict(prediction.id, "nothing", 80)).startswith("Choose one of: ")
    assert str(predict(prediction.id, prediction.right, 75)).startswith("Say how sure you are, with one of: 50, 60")
    assert str(predict(prediction.id, prediction.right, 80)).startswith("As the authors.")
    assert str(predict(prediction.id, wrong.key, 80)).startswith("The authors differ.")
    with pytest.raises(KeyError, match="there are"):
        predict("nothing")


def test_the_decision_wants_a_reason_and_comes_back(slug):
    decide, _, _ = study(slug)
    decision = content(slug).decision
    assert str(decide(None, None, "")) == "Not answered yet."
    assert "reason is missing" in str(decide(decision.right, 80, " "))
    assert str(decide(decision.right, 80, "since")).startswith(f"Kept: {decision.right}, 80% sure.")
    assert str(decide(decision.right, 80, "since", again=True)).startswith("As the authors.")
    # What the authors think is not told before the chapter is read.
    assert "authors" not in str(decide(decision.right, 80, "since"))


def test_judgment(slug):
    _, _, judge = study(slug)
    judgment = content(slug).judgment
    assert str(judge(anchors=None)) == "Not answered yet."
    assert "bands from 1 to 5" in str(judge(anchors=[1, 2]))
    assert "bands from 1 to 5" in str(judge(anchors=[1, 2, 6]))
    told = str(judge(anchors=[1, 1, 1]))
    assert [f"The authors: band {anchor.band}." in told for anchor in judgment.anchors] == [True] * 3
    assert str(judge(answer="\n", own_band=None)) == "Not answered yet."
    assert "Grade your own answer first" in str(judge(answer="We offer less.", own_band=None))
    told = str(judge(answer="We offer less.", own_band=2))
    assert told.startswith(f"3 words of {judgment.words}; you gave it band 2.")
    assert "A model answer" in told
