"""Steps of the portal without a browser: what is chosen is kept at once, and can be taken back."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from test_contributions import AIDA, described, folder, received, weapons

from dashboard.language import _
from ingest import contributions
from ingest.contributions import Contribution
from ingest.folder import Folder

__all__ = ["folder"]


def shown(step: str, name: str) -> None:
    """A step of the contribution as it was last kept; run by Streamlit, which knows nothing of this module."""
    from test_contributions import AIDA

    from dashboard.data import folder
    from dashboard.portal.steps import columns, describe
    from ingest import contributions

    kept = contributions.load(folder(), AIDA, name)
    {"columns": columns, "describe": describe}[step].step(AIDA, kept)


def opened(step: str, one: Contribution) -> AppTest:
    app = AppTest.from_function(shown, args=(step, one.id), default_timeout=60)
    return fine(app.run())


def fine(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def box(app: AppTest, label: str) -> Any:
    return next(found for found in app.selectbox if found.label == label)


@pytest.fixture
def one(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contribution:
    monkeypatch.setenv("COMMONS_DATA", str(folder.root))
    return described(folder, received(folder, weapons(tmp_path / "a.csv")))


def test_the_meaning_of_a_word_is_chosen_and_taken_back(folder: Folder, one: Contribution) -> None:
    app = opened("columns", one)
    box(app, _("Column")).select("Type of weapon")
    fine(app.run())
    assert (box(app, "“pistol”").value, box(app, "“rifle”").value) == ("PISTOL", "RIFLE")
    box(app, "“pistol”").select("SHOTGUN")
    fine(app.run())
    assert contributions.load(folder, AIDA, one.id).answers == {"word:Type of weapon:pistol": "SHOTGUN"}
    fine(app.run())
    assert box(app, "“pistol”").value == "SHOTGUN"
    next(button for button in app.button if button.label == _("Take back")).click()
    fine(app.run())
    assert contributions.load(folder, AIDA, one.id).answers == {}
    assert box(app, "“pistol”").value == "PISTOL"


def test_another_meaning_of_a_column_is_kept_once_and_does_not_come_back(folder: Folder, one: Contribution) -> None:
    app = opened("columns", one)
    box(app, _("Column")).select("Model")
    fine(app.run())
    box(app, _("It is")).select("ignore")
    fine(app.run())
    assert contributions.load(folder, AIDA, one.id).answers == {"column:Model": "ignore"}
    next(button for button in app.button if button.label == _("Take all my answers back")).click()
    fine(app.run())
    assert contributions.load(folder, AIDA, one.id).answers == {}


def test_a_column_is_said_to_be_more_sensitive(folder: Folder, one: Contribution) -> None:
    app = opened("describe", one)
    labels = [found.label for found in app.selectbox]
    assert "Model" in labels
    assert box(app, "Model").value == ""
    box(app, "Model").select("high")
    fine(app.run())
    kept = contributions.load(folder, AIDA, one.id)
    assert contributions.stricter(kept) == {"Model": "high"}
    (layout,) = contributions.parsed(folder, kept).layout
    assert layout.sensitivity == {"Model": "high"}
    assert box(fine(app.run()), "Model").value == "high"
    box(app, "Model").select("")
    fine(app.run())
    assert contributions.stricter(contributions.load(folder, AIDA, one.id)) == {}
