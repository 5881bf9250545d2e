"""What every page has: the head, the foot, and the release it shows."""

import streamlit as st

from dashboard import data
from dashboard.language import day
from dashboard.markup import address, text
from warehouse.release import NoRelease

PURPOSE = "Official and civil-society figures on firearms side by side, each with where it comes from."


def head() -> None:
    """The name and the purpose."""
    st.html(
        '<header class="head"><a class="name" href="./">Firearms Data Commons</a>'
        f'<p class="purpose">{text(PURPOSE)}</p></header>'
    )


def foot(release: data.Opened | None) -> None:
    """The rules of the room, and which release this is."""
    of = f"Release {text(release.release)} of {text(day(release.built))}. " if release else ""
    st.html(
        f'<footer class="foot"><p>{of}Sources and places stand in alphabetical order; nothing here is '
        "ranked or scored. A difference between two sources is a question to talk about, not a finding about either. "
        "Where no figure is held, nothing follows about the place.</p>"
        "<p>The designations used do not imply any opinion on the legal status of any country, territory, city or "
        "area, or of its authorities, or on the delimitation of its frontiers.</p></footer>"
    )


def release() -> data.Opened | None:
    """The release the address names, or the current one; says so where there is none or a newer one."""
    wanted = st.query_params.get("release")
    try:
        opened = data.opened(wanted)
    except NoRelease as refusal:
        if wanted:
            note(f"{refusal} Its numbers may stand in the current release.", ("See the current release", "./"))
        else:
            note(f"{refusal} Nothing can be shown before that.")
        return None
    if opened.newer:
        state = {**st.query_params.to_dict(), "release": opened.newer}
        note(
            f"You see release {opened.release} of {day(opened.built)}, as the address asks. There is a newer one.",
            ("See the same in the newer release", address("./", state)),
        )
    return opened


def note(words: str, *ways: tuple[str, str]) -> None:
    """A box that explains itself and offers next steps: pairs of words and an escaped address."""
    links = "".join(f'<a class="way" href="{to}">{text(said)}</a>' for said, to in ways)
    st.html(f'<div class="note" role="status"><p>{text(words)}</p>{links}</div>')
