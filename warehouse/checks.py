"""What must hold of a whole release. pandera refuses a row; Great Expectations refuses a release.

DuckDB puts one question to the staged release per file of `gate/`, and answers in a few rows of counts (one per part,
file, source or sum), however many figures there are. Great Expectations holds the rules against those small frames.
It is imported only here and only by a build, since that costs seconds and hundreds of megabytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from ingest.accept import Report
from schemas.declaration import Source
from schemas.tables import empty
from schemas.vocabulary import broader, codes
from warehouse.release import TIERS, sql

if TYPE_CHECKING:
    import pandas as pd


def _words(text: str) -> list[str]:
    return text.split()


FIGURE = _words(
    "figure_id source producer publisher provenance provenance_subclass concept unit place place_name place_level"
    " country counterpart counterpart_role period period_start period_end period_kind period_basis dimension category"
    " variant value low high obs_status origin_label definition_id mapping_relation derived n_parts n_expected"
    " completeness n_rows boundary_version footnote tier snapshot whole_period"
)
"""The columns of figure, in order. Others read them: a change is a new contract."""
COMPARISON = _words(
    "figure_a figure_b source_a source_b provenance_a provenance_b concept_a concept_b unit_a unit_b place place_level"
    " counterpart counterpart_role period period_start period_end period_basis dimension category value_a value_b"
    " difference ratio ratio_low ratio_high verdict same_origin reasons"
)
"""The columns of comparison, in order."""
AGREEMENT = _words(
    "place_set set_name place_level source_a source_b concept_a concept_b unit_a unit_b period_basis first_year"
    " last_year same_origin statistic n value low high withheld n_agreeing n_ties n_small n_places n_years"
    " n_place_years n_both n_only_a n_only_b n_none n_entered n_partial n_refused coverage places reasons"
)
"""The columns of agreement, in order."""
REVISION = _words(
    "figure_id source concept unit place place_name counterpart counterpart_role period period_start period_end"
    " period_basis dimension category variant snapshot_old snapshot_new value_old value_new obs_status_old"
    " obs_status_new change reason"
)
"""The columns of revision, in order."""
CONTRACTS = {
    "figure": FIGURE,
    **dict.fromkeys(("opened", "protected"), FIGURE),
    "comparison": COMPARISON,
    "agreement": AGREEMENT,
    "revision": REVISION,
}
"""View in parts → its columns."""

KINDS: dict[str, Any] = {
    **dict.fromkeys(("period_start", "period_end"), pl.Date),
    **dict.fromkeys(
        ("value", "value_a", "value_b", "value_old", "value_new", "difference", "low", "high"), pl.Decimal(38, 6)
    ),
    **dict.fromkeys(("ratio", "ratio_low", "ratio_high"), pl.Float64),
    **dict.fromkeys(("n_parts", "n_expected", "n_rows"), pl.Int64),
    **dict.fromkeys(("n", *(name for name in AGREEMENT if name.startswith("n_"))), pl.Int64),
    **dict.fromkeys(("derived", "same_origin", "whole_period"), pl.Boolean),
    "reasons": pl.List(pl.String),
}
"""Of these columns, those that are no text: for a release without a part of a view, such as that of one source."""

MOST_WITHOUT_NUMBER = 0.98
"""The emptiest known file, CIDE-PPD's attacks, has no number in 95.8 % of its cells; a file misread has none at all."""
FURTHEST_TOTAL = 0.001
"""Of a total, how far the rows may be from it: ATF's total of 2012 says 156,338 over rows of 156,346 (0.005 %)."""
FEW = 5
"""A total may always be this many off: ATF's column of 2,592 in 2012 holds 2,595 (0.12 %), a matter of revision."""


class CheckFailed(Exception):
    """A release that must not be published; the message names each failed check and how many rows it concerns."""


@dataclass(frozen=True)
class Check:
    """One rule about a release, and what came of it: rows looked at, and rows that break it."""

    name: str
    says: str
    holds: bool
    rows: int
    failed: int

    def as_fact(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


@dataclass(frozen=True)
class Rule:
    """A rule as data: a sentence, the question it is held against, and a Great Expectations rule on its answer."""

    name: str
    says: str
    why: str
    """Where its threshold comes from."""
    query: str
    """A file of `gate/`."""
    column: str
    of: str
    """The column with how many rows stand behind each row of the answer; '' where each row is one."""
    expectation: str = "ExpectColumnValuesToBeInSet"
    arguments: dict[str, Any] = field(default_factory=lambda: {"value_set": [0]})
    """By default `column` counts the rows that break the rule, and there may be none."""

    @property
    def counts(self) -> bool:
        """Whether `column` says how many rows break the rule, rather than being a measure of one row."""
        return self.expectation == "ExpectColumnValuesToBeInSet"


def _between(most: float) -> dict[str, Any]:
    return {
        "expectation": "ExpectColumnValuesToBeBetween",
        "arguments": {"min_value": 0, "max_value": most},
    }


ALWAYS = "True by construction: a single exception is a defect of the commons."

RULES = (
    Rule("figures_as_listed", "Every part holds as many figures as the manifest says.", ALWAYS,
         "figures", "missing", "promised"),
    Rule("figure_has_row", "Every figure leads back to at least one row of a file.", "A number without a row is no"
         " reported figure.", "figures", "without_row", "figures"),
    Rule("figure_has_key", "Every figure says what was counted, where and when.", "A number that lacks one of these"
         " means nothing.", "figures", "without_key", "figures"),
    Rule("figure_has_number", "Every figure has a number, and none is below zero.", "Counts, shares and scores begin"
         " at zero; missing is no figure.", "figures", "without_number", "figures"),
    Rule("period_runs_forward", "No period ends before it begins.", ALWAYS, "figures", "backwards", "figures"),
    Rule("completeness_in_words", "Every figure is called complete, partial or unknown.", "The three words of the"
         " contract.", "figures", "other_word", "figures"),
    Rule("partial_means_partial", "A figure is called partial where parts or days are missing, and only there; unknown"
         " only where it was added up from a source that does not say what an absent row means.", ALWAYS,
         "figures", "wrong_word", "figures"),
    Rule("shares_not_added", "No percentage, score or rate was added up.", "A sum of shares means nothing.",
         "figures", "shares_added", "figures"),
    Rule("stated_is_one_row", "A figure published as it stands comes from one row.", "Anything else was added up, and"
         " must say so.", "figures", "added_as_stated", "figures"),
    Rule("figure_id_once_in_a_part", "Within one source, every figure has an identifier of its own.", ALWAYS,
         "ids", "again", "figures"),
    Rule("figure_id_once", "No two sources share the identifier of a figure.", "Sixteen hexadecimal digits: two of ten"
         " million figures share one by chance once in four hundred thousand releases.", "ids", "shared", "figures"),
    Rule("figure_from_file_in_use", "Every figure names a file of its source that is in use.", ALWAYS,
         "snapshots", "without_file", "figures"),
    Rule("no_row_lost", "Of every file: rows in = accepted + refused + skipped.", ALWAYS,
         "files", "rows_lost", "rows_in"),
    Rule("no_cell_lost", "Of every file: mapped cells = numbers + missing + refused.", ALWAYS,
         "files", "cells_lost", "cells"),
    Rule("numbers_recounted", "Of every file: the numbers among its accepted rows, counted again, are as many as were"
         " counted when it was taken.", ALWAYS, "files", "numbers_off", "cells"),
    Rule("every_refusal_has_its_reason", "Every row that was refused or skipped has its reason in words.", ALWAYS,
         "files", "without_reason", "left_out"),
    Rule("not_mostly_empty", f"No file in use is empty in more than {MOST_WITHOUT_NUMBER:.0%} of its cells.",
         "Between the emptiest known file (95.8 %) and one that was misread (100 %).",
         "files", "share_without_number", "", **_between(MOST_WITHOUT_NUMBER)),
    Rule("places_known", "Every place an accepted row speaks of is in the register of places.", "Its figures would fall"
         " out without a word.", "places", "without_place", "n_rows"),
    Rule("stated_numbers_kept", "Every number a source states is a figure as it stands, where nothing is added up to"
         " its level.", ALWAYS, "published", "lost", "numbers"),
    Rule("sums_recounted", "The accepted numbers of a source, added up again without the views, are the sums of its"
         " figures at the widest places.", "Sums are exact, so they agree to the last digit.", "sums", "differs", ""),
    Rule("totals_close", f"A total a file states of itself is at most {FURTHEST_TOTAL:.1%} or {FEW} away from its"
         " rows.", "Twenty times what ATF's matrix of 2012 is off, and its worst column (by 3).",
         "totals", "beyond", "", **_between(FURTHEST_TOTAL)),
    Rule("terms_kept", "No tier can read figures that were shared under narrower terms, and the release carries none"
         " stricter than amber.", "The sources' own terms (TLP).", "tiers", "not_allowed", "figures"),
    Rule("comparisons_as_listed", "Every part holds as many comparisons as the manifest says.", ALWAYS,
         "comparisons", "missing", "promised"),
    Rule("comparison_has_figures", "Both numbers of every comparison are figures of this release.", ALWAYS,
         "comparisons", "without_figure", "sides"),
    Rule("comparison_in_order", "The two sources of a comparison stand in alphabetical order.", "The contract: it ranks"
         " nobody, and each pair stands once.", "comparisons", "out_of_order", "comparisons"),
    Rule("verdict_in_words", "Every comparison is comparable, comparable with a caveat, of rank only or not"
         " comparable.", "The four words of the contract.", "comparisons", "other_word", "comparisons"),
    Rule("difference_only_of_like", "No difference and no ratio stands beside two numbers that do not count the same"
         " thing.", "The room's rule: such a number would be quoted.", "comparisons", "set_against", "comparisons"),
    Rule("difference_is_the_difference", "Where a difference stands, it is that of the two numbers.", "Sums are exact.",
         "comparisons", "wrong_difference", "comparisons"),
    Rule("comparison_has_reason", "Whatever is not plainly comparable says why.", "A refusal without its reason starts"
         " no conversation.", "comparisons", "without_reason", "comparisons"),
    Rule("comparable_without_reserve", "Nothing that is plainly comparable has something that must be said first.",
         "Then it would be comparable with a caveat.", "comparisons", "with_reason", "comparisons"),
    Rule("ratio_is_the_ratio", "Where a ratio stands, it is that of the two numbers, both at least 10, and within its"
         " interval; sources of one origin have no interval.", "Fewer than ten make a ratio of chance.",
         "comparisons", "wrong_ratio", "comparisons"),
    Rule("trends_added_again", "Every sum of a trend is that of the places it lists, added up again from the figures.",
         "Sums are exact.", "trends", "wrong_sum", "trends"),
    Rule("change_is_the_change", "Every change of a trend is that of its two sums.", ALWAYS,
         "trends", "wrong_change", "trends"),
    Rule("headline_or_reason", "A trend has a headline, which is the change of the constant panel, or the reason why it"
         " has none.", "A number that was withheld must say why.", "trends", "wrong_headline", "trends"),
    Rule("shares_in_range", "Every share lies between nothing and all of it.", ALWAYS,
         "shares", "out_of_range", "shares"),
    Rule("shares_added_again", "Part and whole of every share are those of the places it lists, added up again from the"
         " figures, and the share is the one through the other.", "Sums are exact.", "shares", "wrong_sum", "shares"),
    Rule("share_or_reason", "A share has a headline, which is the pooled one, or the reason why it has none.",
         "A number that was withheld must say why.", "shares", "wrong_headline", "shares"),
    Rule("coverage_in_words", "Coverage speaks in the words of its code list.", "Anything else would be a guess at why"
         " a figure is missing.", "coverage", "other_word", "cells"),
    Rule("coverage_once", "Coverage speaks of each source, concept, place and year once.", ALWAYS,
         "coverage", "again", "cells"),
    Rule("coverage_as_figures_say", "A place and year is called a number where a total is above zero, a zero where the"
         " total is zero, and neither where there is none.", "Zero and missing never mix.",
         "coverage", "against_figures", "cells"),
    Rule("coverage_adds_up", "The places of a set are the sum of those in each status.", ALWAYS,
         "coverage", "not_adding_up", "sets"),
    Rule("flows_are_figures", "The corridors of a source are its figures that name both ends.", ALWAYS,
         "flows", "not_the_figures", "corridors"),
    Rule("flows_add_up", "What arrived in a place is its own and what came from elsewhere; what left it is its own and"
         " what was recorded elsewhere.", "Sums are exact.", "flows", "not_adding_up", "places"),
    Rule("own_share_of_its_parts", "An own-source share is that of the two numbers beside it; without one, the reason"
         " stands there.", ALWAYS, "flows", "wrong_share", "places"),
    Rule("revisions_as_listed", "Every part holds as many revisions as the manifest says.", ALWAYS,
         "revisions", "missing", "promised"),
    Rule("revision_in_words", "A revision is called unchanged, changed, added or gone as its two numbers say, or not"
         " matched with the reason.", "Missing is not zero.", "revisions", "other_word", "cells"),
    Rule("agreements_as_listed", "Every part holds as many rows of agreement as the manifest says.", ALWAYS,
         "agreements", "missing", "promised"),
    Rule("agreement_adds_up", "Of every set: places times years = both + only one + only the other + none; and both ="
         " pairs that enter + partial + refused.", ALWAYS, "agreements", "does_not_add_up", "agreements"),
    Rule("agreement_withheld_in_words", "A statistic of agreement has either a value or the reason why it is withheld,"
         " never both.", "A number beside its refusal would be quoted.", "agreements", "not_one_of_two", "agreements"),
    Rule("agreement_within_limits", "Every value of agreement is one its statistic can take, and a ratio lies within"
         " its limits.", ALWAYS, "agreements", "beyond_limits", "agreements"),
    Rule("agreement_proves_nothing", "Of two sources of one origin nothing but the ratio is given.", "Copies of one"
         " record agree, whatever the record says.", "agreements", "of_copies", "agreements"),
    Rule("protected_as_listed", "Every part holds as many protected figures as the manifest says, each once.", ALWAYS,
         "protected", "missing", "promised"),
    Rule("protected_once", "Every protected figure stands once.", ALWAYS, "protected", "again", "figures"),
    Rule("withheld_wholly", "A withheld figure says so and has no number; any other has one.", "Suppressed is neither"
         " zero nor missing.", "protected", "half_withheld", "figures"),
    Rule("withheld_without_traces", "Nothing stands beside a protected figure that would add up to a withheld one.",
         "Rows, parts and limits add up as values do.", "protected", "gives_away", "figures"),
    Rule("protected_as_its_own", "A protected figure that is shown is the source's own.", "It is withheld or true.",
         "protected", "other_value", "figures"),
    Rule("protected_coarse_enough", "Protected figures are those of years, of places the source rolls up to, without"
         " the other place of a flow.", "Days and points find people.", "protected", "too_fine", "figures"),
    Rule("protected_or_own", "A tier reads a source's own figures or the protected ones, never both, and never what"
         " was withheld.", "The two together are the withheld ones.", "protected", "read_wrongly", "figures"),
)  # fmt: skip
"""What is asked of a release whose parts have the columns of the contract; a part without them fails before."""


def run(
    staged: Path, facts: dict[str, Any], reports: Mapping[tuple[str, str], Report], declared: Mapping[str, Source]
) -> list[Check]:
    """Holds every rule against a staged release; `facts` is its manifest so far. Changes nothing in it."""
    ask = _Expectations()
    with duckdb.connect() as con:
        con.execute(f"attach {_literal(str(staged / 'amber.duckdb'))} as amber (read_only)")
        outcome = _columns(con, ask, staged, facts)
        if all(check.holds for check in outcome):
            _tables(con, staged, facts, reports, declared)
            con.execute(sql("gate/accepted"))
            for query, rules in groupby(RULES, key=lambda rule: rule.query):
                frame = con.sql(sql(f"gate/{query}")).df()
                outcome += ask.of(frame, list(rules))
    return outcome


def demand(outcome: list[Check]) -> None:
    """Raises CheckFailed when a check does not hold."""
    failed = [check for check in outcome if not check.holds]
    if failed:
        words = "; ".join(f"{check.name}: {check.says} ({check.failed:,} of {check.rows:,} rows)" for check in failed)
        raise CheckFailed(f"The release is not published, and the current one stays. What does not hold: {words}")


def _columns(con: duckdb.DuckDBPyConnection, ask: "_Expectations", staged: Path, facts: dict[str, Any]) -> list[Check]:
    """Whether the parts of each view have exactly the columns of the contract; `rows` are those of the parts."""
    outcome = []
    for view, columns in CONTRACTS.items():
        shapes: dict[tuple[str, ...], int] = {}
        for part in facts["parts"]:
            if part["view"] == view:
                shape = tuple(con.read_parquet(str(staged / part["file"])).columns)
                shapes[shape] = shapes.get(shape, 0) + part["rows"]
        wrong = [shape for shape in shapes if not ask.has_columns(shape, columns)]
        says = f"Every part of {view} has the columns of the contract, in their order."
        failed = sum(shapes[shape] for shape in wrong)
        outcome.append(Check(f"{view}_columns", says, not wrong, sum(shapes.values()), failed))
    return outcome


def _tables(
    con: duckdb.DuckDBPyConnection,
    staged: Path,
    facts: dict[str, Any],
    reports: Mapping[tuple[str, str], Report],
    declared: Mapping[str, Source],
) -> None:
    """Registers what the questions read beside the tables of the widest tier."""
    parts = [{**part, "path": str(staged / part["file"])} for part in facts["parts"]]
    shape = {"view": pl.String, "name": pl.String, "file": pl.String, "path": pl.String, "rows": pl.Int64}
    _table(con, "part", [[part[name] for name in shape] for part in parts], shape)
    for view, columns in CONTRACTS.items():
        nothing = pl.DataFrame(schema={name: KINDS.get(name, pl.String) for name in [*columns, "filename"]})
        _view(con, f"{view}_part", [part["path"] for part in parts if part["view"] == view], nothing, filename=True)
    for table in ("observation", "event", "item"):
        paths = [str(path) for report in reports.values() for path in sorted((report.rows / table).glob("*.parquet"))]
        _view(con, f"accepted_{table}", paths, empty(table))
    used = set(con.execute("select source, snapshot from amber.snapshot where current").fetchall())
    files = [(file["source"], file["snapshot"]) for file in facts["inputs"]]
    _table(
        con,
        "held",
        [[*file, position, file in used] for position, file in enumerate(files)],
        {"source": pl.String, "snapshot": pl.String, "position": pl.Int64, "used": pl.Boolean},
    )
    _rules(con, [declared[name] for name in sorted({source for source, _ in files})])
    text = {"tier": pl.String, "file": pl.String}
    _table(con, "tier_part", [[tier, file] for tier, listed in facts["tiers"].items() for file in listed], text)
    terms = [[tier, tlp] for tier, allowed in TIERS.items() for tlp in allowed]
    _table(con, "allowed", terms, {"tier": pl.String, "tlp": pl.String})
    _table(con, "narrower", [list(pair) for pair in broader()], {"broader": pl.String, "code": pl.String})
    _table(con, "status", [["reported_number"], *([code] for code in codes("no_figure"))], {"status": pl.String})


def _rules(con: duckdb.DuckDBPyConnection, declared: Iterable[Source]) -> None:
    """What the declarations say of how numbers add up and how they are written."""
    listed = pl.List(pl.String)
    _table(
        con,
        "rule",
        [
            [
                source.name,
                source.succession,
                source.coverage.absent,
                source.coverage.first_day,
                source.coverage.last_day,
                list(source.rollup.places),
                list(source.rollup.periods),
                source.rollup.total_from,
                source.rollup.variants,
                source.rollup.counterparts,
            ]
            for source in declared
        ],
        {
            "source": pl.String,
            "succession": pl.String,
            "absent": pl.String,
            "first_day": pl.Date,
            "last_day": pl.Date,
            "place_levels": listed,
            "period_kinds": listed,
            "total_from": listed,
            "variants": pl.Boolean,
            "counterparts": pl.Boolean,
        },
    )
    _table(
        con,
        "layout",
        [[s.name, layout.name, layout.thousands, layout.decimal] for s in declared for layout in s.layout],
        dict.fromkeys(("source", "name", "thousands", "decimal"), pl.String),
    )
    con.execute("set variable few = $1", [FEW])


def _table(con: duckdb.DuckDBPyConnection, name: str, rows: Iterable[list[Any]], schema: dict[str, Any]) -> None:
    con.register("rows", pl.DataFrame(list(rows), schema=schema, orient="row").to_arrow())
    con.execute(f"create temp table {name} as select * from rows")
    con.unregister("rows")


def _view(
    con: duckdb.DuckDBPyConnection, name: str, paths: list[str], nothing: pl.DataFrame, *, filename: bool = False
) -> None:
    """A view over Parquet files, or over `nothing` where there are none."""
    if paths:
        listed = ", ".join(map(_literal, paths))
        con.execute(f"create temp view {name} as select * from read_parquet([{listed}], filename = {filename})")
    else:
        con.register(name, nothing.to_arrow())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Expectations:
    """Great Expectations without a project folder, Data Docs, progress bars or anything sent out."""

    def __init__(self) -> None:
        import great_expectations as gx
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )

        config = DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        )
        self._gx = gx
        context = gx.get_context(mode="ephemeral", project_config=config)
        asset = context.data_sources.add_pandas("release").add_dataframe_asset("answer")
        self._batches = asset.add_batch_definition_whole_dataframe("whole")

    def of(self, frame: "pd.DataFrame", rules: list[Rule]) -> list[Check]:
        """Holds rules against the answer to one question."""
        held = [
            self._rule(rule.expectation, column=rule.column, meta={"check": rule.name}, **rule.arguments)
            for rule in rules
        ]
        results = {result.expectation_config.meta["check"]: result for result in self._results(frame, held)}
        return [_check(rule, results[rule.name], frame) for rule in rules]

    def has_columns(self, found: tuple[str, ...], columns: list[str]) -> bool:
        """Whether the columns found are exactly these, in this order."""
        from pandas import DataFrame

        expected = self._rule("ExpectTableColumnsToMatchOrderedList", column_list=columns)
        return bool(self._results(DataFrame(columns=list(found)), [expected])[0].success)

    def _rule(self, name: str, **arguments: Any) -> Any:
        return getattr(self._gx.expectations, name)(**arguments)

    def _results(self, frame: "pd.DataFrame", expectations: list[Any]) -> list[Any]:
        suite = self._gx.ExpectationSuite(name="release", expectations=expectations)
        batch = self._batches.get_batch({"dataframe": frame})
        return list(batch.validate(suite, result_format="COMPLETE").results)


def _check(rule: Rule, result: Any, frame: "pd.DataFrame") -> Check:
    """What came of a rule. Raises RuntimeError where it could not be asked, which must never pass for a yes."""
    if result.exception_info.get("raised_exception", False) or "unexpected_index_list" not in result.result:
        raise RuntimeError(f"the check {rule.name} could not be made: {result.exception_info}")
    unexpected = result.result["unexpected_index_list"] or []
    failed = int(frame.loc[unexpected, rule.column].sum()) if rule.counts else len(unexpected)
    rows = int(frame[rule.of].sum()) if rule.of else len(frame)
    return Check(rule.name, rule.says, bool(result.success), rows, failed)
