"""The place a row speaks of: the declared ways are tried in order; what does not resolve is an issue, never a null."""

import polars as pl

from ingest.register.gazetteer import Gazetteer
from ingest.translate import folded, template
from schemas.declaration import Layout, PlaceTry, fields
from schemas.issue import SHAPE, of_rows, one
from schemas.said import said

WIDEST_FIRST = ("world", "region", "country", "admin1", "admin2", "city", "area", "site")


def resolve(
    rows: pl.DataFrame,
    tries: list[PlaceTry],
    layout: Layout,
    gazetteer: Gazetteer,
    *,
    into: str,
    needed: bool = True,
    seen: dict[str, pl.DataFrame] | None = None,
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Adds `our:<into>` and `our:<into>_level`; rows whose place does not resolve are marked refused.

    Works on the distinct combinations of the columns the tries name, so its cost does not grow with the rows; `seen`
    remembers them from one batch of a file to the next.
    """
    columns = sorted({name for attempt in tries for text in attempt.texts() for name in fields(text)})
    if not columns:
        found = _distinct(pl.DataFrame({"_": [0]}), tries, layout, gazetteer)
        rows = rows.with_columns(
            pl.lit(found["code"][0]).alias(f"our:{into}"), pl.lit(found["level"][0]).alias(f"our:{into}_level")
        )
        return rows, []
    known = None if seen is None else seen.get(into)
    joined = rows if known is None else rows.join(known, on=columns, how="left", maintain_order="left")
    if known is None or joined["kind"].null_count():
        new = rows if known is None else rows.join(known, on=columns, how="anti")
        found = _distinct(new.select(columns).unique(maintain_order=True), tries, layout, gazetteer)
        known = found if known is None else pl.concat([known, found])
        joined = rows.join(known, on=columns, how="left", maintain_order="left")
        if seen is not None:
            seen[into] = known
    bad = joined["code"].is_null() & ~joined["_refused"]
    issues: list[pl.DataFrame] = []
    if bad.any() and needed:
        kinds = joined.filter(bad)
        issues += [
            of_rows(part, str(kind), "row_refused", column=None, value=pl.col("tried"), known=pl.col("known"))
            for (kind,), part in kinds.group_by("kind", maintain_order=True)
        ]
    coarser = joined["code"].is_not_null() & joined["tried"].is_not_null() & ~joined["_refused"]
    if coarser.any():
        part = joined.filter(coarser)
        issues.append(of_rows(part, "coarser_place", "noted", column=None, value=pl.col("tried"), known=pl.col("code")))
    width = pl.col("level").replace_strict({level: i for i, level in enumerate(WIDEST_FIRST)}, default=None)
    wider = joined.filter(pl.col("kind") == "no_finer_place", ~pl.col("_refused"), width < width.max())
    if wider.height:
        first = int(wider["source_row"][0])
        issues.append(one("no_finer_place", "noted", row=first, known=wider["code"][0], n_rows=wider.height))
    joined = joined.with_columns((pl.col("_refused") | bad).alias("_refused")) if needed else joined
    return joined.drop("tried", "known", "kind").rename({"code": f"our:{into}", "level": f"our:{into}_level"}), issues


def _distinct(unique: pl.DataFrame, tries: list[PlaceTry], layout: Layout, gazetteer: Gazetteer) -> pl.DataFrame:
    """`unique` with code, level, and for what was tried in vain: tried, known, kind."""
    blank = dict.fromkeys(("code", "level", "tried", "known", "kind"), pl.lit(None, pl.String))
    open_ = unique.with_columns(**blank).with_columns(pl.lit("no_place").alias("kind"))
    for number, attempt in enumerate(tries):
        step = one_way(open_, attempt, layout, gazetteer)
        first_failure = pl.col("code").is_null() & pl.col("tried").is_null() & pl.col("_text").is_not_null()
        failed = first_failure & pl.col("_code").is_null()
        open_ = (
            pl.concat([open_, step], how="horizontal")
            .with_columns(
                pl.when(failed).then("_text").otherwise("tried").alias("tried"),
                pl.when(failed).then("_known").otherwise("known").alias("known"),
                pl.when(failed)
                .then("_kind")
                .when(number > 0, pl.col("code").is_null(), pl.col("tried").is_null(), pl.col("_code").is_not_null())
                .then(pl.lit("no_finer_place"))
                .otherwise("kind")
                .alias("kind"),
                pl.coalesce("level", pl.when(pl.col("code").is_null()).then("_level")).alias("level"),
                pl.coalesce("code", "_code").alias("code"),
            )
            .drop(step.columns)
        )
    return open_


def one_way(unique: pl.DataFrame, attempt: PlaceTry, layout: Layout, gazetteer: Gazetteer) -> pl.DataFrame:
    """For each row: _text (what was looked for), _code, _level, _known (words for the issue), _kind."""
    text = template(attempt.code or attempt.name or "", layout.no_place, layout.thousands)
    # with_columns first: a constant template alone would give a single row.
    asked = unique.with_columns(text.alias("_text"), pl.lit(attempt.level, pl.String).alias("level"))
    asked = asked.select("_text", "level")
    asked = asked.with_columns(_within(unique, attempt, layout, gazetteer))
    confirmed = {folded(word): code for word, code in attempt.lookup.items()}
    asked = asked.with_columns(
        pl.Series("_code", [confirmed.get(folded(t)) if t else None for t in asked["_text"]], dtype=pl.String)
    )
    if attempt.own:
        asked = asked.with_columns(pl.coalesce("_code", "_text").alias("_code"))
        return asked.select("_text", "_code", pl.col("level").alias("_level"), *_none("_known", "_kind"))
    if attempt.code is not None:
        known = gazetteer.known(asked["_text"].fill_null(""))
        asked = asked.with_columns(
            pl.when(known).then("_text").otherwise("_code").alias("_code"),
            *_none("_candidates"),
        )
    else:
        named = gazetteer.by_name(
            asked.select(pl.col("_text").fill_null("").alias("name"), "level", "within"), attempt.scheme
        )
        asked = asked.with_columns(
            pl.coalesce("_code", named["code"]).alias("_code"),
            named["candidates"].list.join(" or ").replace("", None).alias("_candidates"),
        )
    levels = asked.select("_code").join(
        gazetteer.places.select("code", pl.col("level").alias("_level")),
        left_on="_code",
        right_on="code",
        how="left",
        maintain_order="left",
    )
    asked = asked.with_columns(
        levels["_level"],
        pl.Series("_known", _suggestions(asked, attempt, gazetteer), dtype=pl.String),
        pl.when(pl.col("_candidates").is_not_null())
        .then(pl.lit("ambiguous_place"))
        .otherwise(pl.lit("unknown_place"))
        .alias("_kind"),
    )
    return asked.select("_text", "_code", "_level", "_known", "_kind")


def _within(unique: pl.DataFrame, attempt: PlaceTry, layout: Layout, gazetteer: Gazetteer) -> pl.Series:
    """Code of the place each row's place lies in; where none is declared, null. One that is not found holds nothing."""
    if attempt.within is None:
        return pl.Series("within", [None] * unique.height, dtype=pl.String)
    if isinstance(attempt.within, PlaceTry):
        found = one_way(unique, attempt.within, layout, gazetteer)["_code"]
    else:
        text = template(attempt.within, layout.no_place, layout.thousands)
        found = unique.with_columns(text.alias("within"))["within"]
    return found.fill_null("?").alias("within")


def _none(*names: str) -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias(name) for name in names]


def _suggestions(asked: pl.DataFrame, attempt: PlaceTry, gazetteer: Gazetteer) -> list[str | None]:
    words: list[str | None] = []
    for text, code, level, within, candidates in asked.select(
        "_text", "_code", "level", "within", "_candidates"
    ).iter_rows():
        if code is not None or text is None:
            words.append(None)
        elif candidates is not None:
            words.append(candidates)
        elif attempt.name is not None:
            near = gazetteer.suggest(text, level, within)
            names = " or ".join(f"{name} ({c})" for c, name in near)
            words.append(said(" Did you mean {}?", names) if near else "")
        else:
            words.append("")
    return words


def of_own_register(rows: pl.DataFrame, tries: list[PlaceTry], layout: Layout) -> pl.DataFrame:
    """The areas a source numbers itself: code, name, level, parent and the first row each stands in."""
    own = next((attempt for attempt in tries if attempt.own), None)
    if own is None or own.code is None or not isinstance(own.within, str):
        return pl.DataFrame(
            schema={
                "source_row": SHAPE["source_row"],
                **dict.fromkeys(("our:code", "our:name", "our:level", "our:parent"), pl.String),
            }
        )
    return (
        rows.filter(pl.col("our:place_level") == own.level)
        .select(
            "source_row",
            pl.col("our:place").alias("our:code"),
            pl.col("our:place").alias("our:name"),
            pl.col("our:place_level").alias("our:level"),
            template(own.within, layout.no_place).alias("our:parent"),
        )
        .unique("our:code", keep="first", maintain_order=True)
    )
