"""What changed from one release to the next, from what their manifests say of sources, files and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dashboard import address, data
from dashboard.data import Opened
from dashboard.language import _, day, in_order, listed, ngettext, number
from dashboard.markup import text

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One source of which a release says something else than the release before."""

    source: str
    before: int | None
    """Figures in the release before; None where it did not hold the source."""
    after: int | None
    files: tuple[str, ...]
    """Files (sha256) the release before did not hold."""
    dropped: int
    """Files it held and this one does not."""

    @property
    def only_anew(self) -> bool:
        """Whether the same files gave as many figures, written or worked out in another way."""
        return self.before == self.after and not self.files and not self.dropped


def between(old: Manifest, new: Manifest, tier: str) -> tuple[list[Change], int]:
    """The sources that differ, and how many do not, as one tier sees both releases."""
    was, now = _figures(old, tier), _figures(new, tier)
    had, has = _files(old), _files(new)
    changes = [
        Change(
            source,
            was[source]["rows"] if source in was else None,
            now[source]["rows"] if source in now else None,
            tuple(sorted(has.get(source, set()) - had.get(source, set()))),
            len(had.get(source, set()) - has.get(source, set())),
        )
        for source in sorted({*was, *now})
        if was.get(source, {}).get("content") != now.get(source, {}).get("content")
        or had.get(source, set()) != has.get(source, set())
    ]
    return changes, len({*was, *now}) - len(changes)


def _figures(release: Manifest, tier: str) -> dict[str, dict[str, Any]]:
    """Source → its part of the view figure, where the tier may see it."""
    seen = set(release["tiers"].get(tier, ()))
    views = ("figure", "opened")
    return {part["name"]: part for part in release["parts"] if part["view"] in views and part["file"] in seen}


def _files(release: Manifest) -> dict[str, set[str]]:
    held: dict[str, set[str]] = {}
    for file in release["inputs"]:
        held.setdefault(file["source"], set()).add(file["snapshot"])
    return held


@lru_cache(maxsize=16)
def _between(root: str, release: str, before: str, tier: str) -> tuple[list[Change], int]:
    old, new = (Opened(root, one, tier, None).manifest for one in (before, release))
    return between(old, new, tier)


def said(opened: Opened) -> str:
    """What changed since the release before, as HTML: a sentence for each source, in alphabetical order."""
    before = data.before(opened)
    head = f"<h2>{text(_('What changed since the last release'))}</h2>"
    if before is None:
        words = _("This is the first release kept here, of {day}: there is none to compare it with.")
        return f"<section>{head}<p>{text(words.format(day=day(opened.built)))}</p></section>"
    changes, same = _between(opened.root, opened.release, before.release, opened.tier)
    titled = [(_title(opened, before, change.source), change) for change in changes]
    rows = sorted(titled, key=lambda row: in_order(row[0]))
    items = "".join(f"<li>{_item(opened, title, change)}</li>" for title, change in rows if not change.only_anew)
    notes = [] if changes else [_("No source, file or figure differs.")]
    anew = [title for title, change in rows if change.only_anew]
    if anew:
        said_ = _("Made anew from the same files, with as many figures as before: {sources}.")
        notes.append(said_.format(sources="; ".join(anew)))
    if changes and same:
        notes.append(ngettext("{n} source is as it was.", "{n} sources are as they were.", same).format(n=number(same)))
    since = _("Compared with release {release} of {day}.").format(release=before.release, day=day(before.built))
    return (
        f'<section class="changes">{head}<p class="unit">{text(since)}</p>{f"<ul>{items}</ul>" if items else ""}'
        f"{''.join(f'<p>{text(one)}</p>' for one in notes)}</section>"
    )


def _item(opened: Opened, title: str, change: Change) -> str:
    if change.after is None:
        return text(_("{source}: no longer held.").format(source=title))
    to = address.to("sources", {"source": change.source})
    return f'<a href="{to}">{text(title)}</a>: {text(_in_words(opened, change))}'


def _title(opened: Opened, before: Opened, source: str) -> str:
    row = opened.row("source", source=source) or before.row("source", source=source)
    return _(row["title"]) if row else source


def _in_words(opened: Opened, change: Change) -> str:
    added = len(change.files)
    files = ngettext("{n} file added", "{n} files added", added).format(n=number(added))
    figures = ngettext("{n} figure", "{n} figures", change.after or 0).format(n=number(change.after))
    if change.before is None:
        return _("new: {files}, {figures}.").format(files=files, figures=figures)
    bits = [files] if added else []
    if change.dropped:
        words = ngettext("{n} file no longer held", "{n} files no longer held", change.dropped)
        bits.append(words.format(n=number(change.dropped)))
    if change.before == change.after:
        bits.append(_("as many figures as before, {n}").format(n=number(change.after)))
    else:
        bits.append(_("{now}, {before} before").format(now=figures, before=number(change.before)))
    said_ = [_("{changes}.").format(changes=listed(bits))]
    revised = opened.row("revised", source=change.source, files=[*change.files]) if added else None
    if revised and any(revised.values()):
        words = _(
            "Of the numbers of its file before, the newer one leaves {unchanged} unchanged, changes {changed} and no"
            " longer has {gone}; {added} are new."
        )
        counts = {name: number(value) for name, value in revised.items()}
        said_.append(words.format(**counts))
        if revised["not_matched"]:
            words = ngettext("{n} number cannot be matched.", "{n} numbers cannot be matched.", revised["not_matched"])
            said_.append(words.format(n=number(revised["not_matched"])))
    return " ".join(said_)
