"""Agreement over a set of places: published examples of each statistic, laws, and every reason to withhold one."""

import math
import random
import re
import statistics
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from ingest.folder import Folder
from warehouse.build import AGREEING, agree
from warehouse.checks import AGREEMENT
from warehouse.publish import build
from warehouse.release import open_release, sql
from warehouse.views import agreement

HERE = Path(__file__).parents[1] / "warehouse"
PLACES = [f"A-{n:02}" for n in range(1, 13)]
YEARS = range(2015, 2021)
STATISTICS = ["concordance", "direction", "geometric_mean_ratio", "kendall_tau_b", "trend_ratio"]
TABLES = """
    create table place (code varchar, name varchar, level varchar, parent varchar, country varchar, kind varchar);
    create table place_up (place varchar, ancestor varchar, ancestor_level varchar);
    create table place_member (parent varchar, child varchar, valid_from date, valid_to date, kind varchar);
    create table definition (source varchar, definition_id varchar, subset_of varchar, unstated varchar);
    create table caveat (
        source varchar, number integer, text varchar, concepts varchar[], places varchar[], first_year integer,
        last_year integer
    );
    insert into place values
        ('AAA', 'Land', 'country', null, 'AAA', 'country_or_area'),
        ('ORG:C', 'Community', 'region', null, null, 'community');
    insert into place_up values ('AAA', 'AAA', 'country');
"""

# Bland & Altman, Lancet 1986; 1: 307-310, table 1: peak expiratory flow, first readings of the two meters.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
# Agresti, Categorical Data Analysis (2nd edition, 2002), table 2.8: income (rows) and satisfaction with the job.
INCOME = [[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]]
# Efron & Tibshirani, An Introduction to the Bootstrap (1993), table 14.1, test A of 26 children.
SPATIAL = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]
# Margolin, Kaplan & Zeiger, PNAS 78 (1981) 3779-3783: colonies on three plates at each dose of quinoline.
COLONIES = {
    0: (15, 21, 29),
    10: (16, 18, 21),
    33: (16, 26, 33),
    100: (27, 41, 60),
    333: (33, 38, 41),
    1000: (20, 27, 42),
}


def scalar(query: str, *values: Any) -> Any:
    with duckdb.connect() as con:
        con.execute(sql("macros/statistics"))
        (row,) = con.execute(f"select {query}", list(values)).fetchall()
        return row[0]


def test_limits_of_agreement_as_published() -> None:
    """−2.1 and 38.8 l/min; their limits are of two standard deviations: −79.7 and 75.5. Here 1.96, as in 1999."""
    found = scalar("bland_altman($1)", [a - b for a, b in zip(WRIGHT, MINI, strict=True)])
    assert (round(found["mean"], 1), round(found["sd"], 1), found["n"]) == (-2.1, 38.8, 17)
    assert (round(-2.1 - 2 * 38.8, 1), round(-2.1 + 2 * 38.8, 1)) == (-79.7, 75.5)
    assert found["low"] == pytest.approx(found["mean"] - 1.96 * found["sd"])
    assert found["high"] == pytest.approx(found["mean"] + 1.96 * found["sd"])


def test_concordance_is_the_correlation_less_what_level_and_spread_take() -> None:
    """Lin (Biometrics 1989): r × C_b, 1/C_b the mean of v, 1/v and u². For the two meters r = 0.94 is published."""
    r = statistics.correlation(WRIGHT, MINI)
    assert round(r, 2) == 0.94
    spread = statistics.pstdev(WRIGHT) / statistics.pstdev(MINI)
    shift = (statistics.mean(WRIGHT) - statistics.mean(MINI)) / math.sqrt(
        statistics.pstdev(WRIGHT) * statistics.pstdev(MINI)
    )
    expected = r * 2 / (spread + 1 / spread + shift**2)
    assert scalar("concordance($1, $2)", WRIGHT, MINI) == pytest.approx(expected)
    assert scalar("concordance($1, $2)", MINI, WRIGHT) == pytest.approx(expected)
    assert scalar("concordance($1, $2)", WRIGHT, [2 * n for n in WRIGHT]) < 1
    assert scalar("concordance($1, $1)", WRIGHT) == pytest.approx(1)
    assert scalar("concordance($1, $1)", [3, 3, 3]) is None


def test_kendalls_tau_b_as_published() -> None:
    """1,331 concordant and 849 discordant pairs, gamma 0.221; tau-b is 0.152."""
    cells = [(i, j) for i, row in enumerate(INCOME) for j, n in enumerate(row) for _ in range(n)]
    pairs = [(a, b) for n, a in enumerate(cells) for b in cells[:n]]
    ways = Counter((a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in pairs if a[0] != b[0] and a[1] != b[1])
    assert (ways[True], ways[False]) == (1331, 849)
    untied = [sum(a[side] != b[side] for a, b in pairs) for side in (0, 1)]
    found = scalar("kendall_tau_b($1, $2)", [i for i, _ in cells], [j for _, j in cells])
    assert found == pytest.approx((1331 - 849) / math.sqrt(untied[0] * untied[1]))
    assert round(found, 3) == 0.152


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=15))
def test_kendalls_tau_b_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    a, b = [a for a, _ in pairs], [b for _, b in pairs]
    found, expected = scalar("kendall_tau_b($1, $2)", a, b), kendalltau(a, b).statistic
    assert (found is None) == math.isnan(expected)
    if found is not None:
        assert found == pytest.approx(expected)
        assert scalar("kendall_tau_b($1, $2)", b, a) == pytest.approx(found)


def test_bootstrap_interval_as_published() -> None:
    """Table 14.2: the BCa interval at 90 % of the variance is (115.8, 259.6). Other resamples, so within 3 %."""
    low, high = agreement.bca_interval(np.var, SPATIAL, level=0.9)
    assert low == pytest.approx(115.8, rel=0.03)
    assert high == pytest.approx(259.6, rel=0.03)
    assert agreement.bca_interval(np.var, SPATIAL, level=0.9) == (low, high)


def test_no_interval_from_resamples_that_have_no_order() -> None:
    for numbers in (tuple(range(9)), (0, 0, 0, 0, 0, 0, 0, 0, 1)):
        with pytest.raises(agreement.NoResult, match="resampling"):
            agreement.order_interval(tuple(range(9)), numbers)


def test_negative_binomial_as_published() -> None:
    """Lawless, Canadian Journal of Statistics 15 (1987) 209-225: 2.198, −0.000980, 0.313 and dispersion 0.0488."""
    rows = [(dose, n) for dose, plates in COLONIES.items() for n in plates]
    fit = agreement.negative_binomial([n for _, n in rows], [[1, dose, math.log(dose + 10)] for dose, _ in rows])
    assert [round(c, 3) for c in fit.coefficients] == [2.198, -0.001, 0.313]
    assert round(fit.coefficients[1], 6) == -0.000980
    assert round(fit.dispersion, 4) == 0.0488


def trends(seed: int, growth: float, dispersion: float = 0.1, places: int = 12) -> list[tuple[str, int, float, float]]:
    """Counts of two sources whose ratio grows by a factor a year."""
    chance = np.random.default_rng(seed)
    points = []
    for n in range(places):
        for year in YEARS:
            means = math.exp(3 + n / 4) * chance.gamma(1 / dispersion, dispersion, 2)
            a, b = chance.poisson([means[0] * 1.3 * growth ** (year - YEARS[0]), means[1]])
            points.append((f"p{n}", year, float(a), float(b)))
    return points


def test_errors_are_clustered_by_place_and_limits_are_of_students_t() -> None:
    """Recomputed: bread (observed information), filling (sums of scores by place), and G/(G−1)·(n−1)/(n−k)."""
    points = trends(1, 1.05)
    groups = [int(place[1:]) for place, *_ in points for _ in "ab"]
    design = [
        [float(int(place[1:]) == n) for n in range(12)] + [first, year - 2017.5, first * (year - 2017.5)]
        for place, year, *_ in points
        for first in (1.0, 0.0)
    ]
    counts = np.array([n for _, _, a, b in points for n in (a, b)])
    fit = agreement.negative_binomial(counts.tolist(), design, groups)
    x = np.array(design)
    means = np.exp(x @ fit.coefficients)
    weight = means * (1 + fit.dispersion * counts) / (1 + fit.dispersion * means) ** 2
    bread = np.linalg.inv(x.T @ (x * weight[:, None]))
    scores = x * ((counts - means) / (1 + fit.dispersion * means))[:, None]
    summed = np.array([scores[np.array(groups) == g].sum(axis=0) for g in range(12)])
    n, k = x.shape
    covariance = bread @ summed.T @ summed @ bread * (12 / 11) * ((n - 1) / (n - k))
    assert fit.errors == pytest.approx(np.sqrt(np.diag(covariance)).tolist(), rel=1e-4)
    t_of_eleven = 2.200985
    assert fit.limits[-1][1] == pytest.approx(fit.coefficients[-1] + t_of_eleven * fit.errors[-1], rel=1e-4)


def test_a_trend_is_found_and_turned_round() -> None:
    points = trends(2, 1.2)
    n, value, low, high = agreement.trend_ratio(tuple(points))
    assert (n, low < 1.2 < high, low > 1) == (144, True, True)
    back = agreement.trend_ratio(tuple((place, year, b, a) for place, year, a, b in points))
    assert back[1:] == pytest.approx((1 / value, 1 / high, 1 / low), rel=1e-6)


def test_counts_that_scatter_by_chance_alone_are_fitted_too() -> None:
    chance = random.Random(3)
    points = tuple(
        (f"p{n}", year, *(float(20 + n + chance.randint(-2, 2)) for _ in "ab")) for n in range(9) for year in YEARS
    )
    _, value, low, high = agreement.trend_ratio(points)
    assert low < value < high
    assert value == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([(f"p{n}", year, 5.0, 5.0 if n < 7 else 0.0) for n in range(9) for year in YEARS if n < 7], "7 place"),
        ([(f"p{n}", 2015 + n % 4, 5.0, 5.0) for n in range(9)], "0 place"),
        ([(f"p{n}", year, 5.0, 0.0) for n in range(9) for year in YEARS], "zero everywhere"),
        ([(f"p{n}", year, 5.0, 4.0) for n in range(101) for year in (2015, 2016)], "at most 100"),
    ],
)
def test_no_trend_and_why(points: list[tuple[str, int, float, float]], words: str) -> None:
    with pytest.raises(agreement.NoResult, match=words):
        agreement.trend_ratio(tuple(points))


# The view, on figures made for the test.


def figure(source: str, place: str, year: int, value: Any, **change: Any) -> dict[str, Any]:
    return {
        "source": source,
        "provenance": "official",
        "concept": "arms_seized",
        "unit": "weapon",
        "place": place,
        "place_level": "admin1" if place.startswith("A-") else "admin2",
        "counterpart": None,
        "counterpart_role": None,
        "period": str(year),
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "period_kind": "year",
        "period_basis": "calendar",
        "dimension": "total",
        "category": "TOTAL",
        "variant": "",
        "value": str(value),
        "obs_status": "A",
        "origin_label": None,
        "definition_id": None,
        "mapping_relation": "exactMatch",
        "completeness": "complete",
        "boundary_version": "1",
        "whole_period": True,
        **change,
    }


def known(figures: list[dict[str, Any]], more: str = "", copies: tuple[str, ...] = ()) -> duckdb.DuckDBPyConnection:
    """A connection that knows the figures and everything agreement is worked out with."""
    con = duckdb.connect()
    con.execute(TABLES)
    for place in PLACES:
        con.execute("insert into place values (?, ?, 'admin1', 'AAA', 'AAA', 'state')", [place, place])
        con.execute("insert into place_up values ($1, $1, 'admin1'), ($1, 'AAA', 'country')", [place])
        con.execute("insert into place values (?, ?, 'admin2', 'A-01', 'AAA', 'municipality')", [f"M{place}", place])
        con.execute("insert into place_up values ($1, $1, 'admin2'), ($1, 'A-01', 'admin1')", [f"M{place}"])
    for table in ("concept_pair", "counts_as"):
        con.register("rows", pl.read_csv(HERE / f"{table}.csv", infer_schema=False).to_arrow())
        con.execute(f"create table {table} as select * from rows")
    names = sorted({row["source"] for row in figures})
    con.execute("create table same_origin (source_a varchar, source_b varchar, same_origin boolean)")
    con.executemany(
        "insert into same_origin values (?, ?, ?)",
        [(a, b, a in copies and b in copies) for a in names for b in names],
    )
    rows = [{"figure_id": f"{hash_of(row)}", **row} for row in figures]
    con.register("given", pl.DataFrame(rows, infer_schema_length=None).to_arrow())
    con.execute(
        "create table figure as select * replace (value::decimal(38, 6) as value, period_start::date as period_start,"
        " period_end::date as period_end, origin_label::varchar as origin_label, counterpart::varchar as counterpart,"
        " counterpart_role::varchar as counterpart_role, definition_id::varchar as definition_id) from given"
    )
    con.execute(more)
    for name in ("macros/said", "views/comparison", "views/place_set", *AGREEING, "macros/agree"):
        con.execute(sql(name))
    con.execute("create table yearly as select * from yearly_figure('figure')")
    con.execute("create table agreement_members as select * from agreement_member()")
    return con


def hash_of(row: dict[str, Any]) -> str:
    keys = ("source", "concept", "unit", "place", "period", "period_basis", "dimension", "category", "variant")
    return "|".join(str(row[key]) for key in keys)


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def every(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """All rows of agreement, of all pairs of sources."""
    found = []
    for a, b in con.execute("select * from agreement_pair('yearly')").fetchall():
        agree(con, a, b)
        found += rows_of(con, "select * from agreement")
    return found


def of_set(found: list[dict[str, Any]], place_set: str = "AAA") -> dict[str, dict[str, Any]]:
    """Statistic → its row, where the set has one pair of sources and concepts."""
    rows = [row for row in found if row["place_set"] == place_set]
    assert [row["statistic"] for row in rows] == STATISTICS
    return {row["statistic"]: row for row in rows}


def two(pairs: dict[str, list[tuple[Any, Any]]], change_b: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Figures of the sources a and b: place → the numbers of successive years; None is no figure."""
    return [
        figure(source, place, YEARS[i], number, **((change_b or {}) if source == "b" else {}))
        for place, numbers in pairs.items()
        for i, pair in enumerate(numbers)
        for source, number in zip("ab", pair, strict=True)
        if number is not None
    ]


def made(seed: int, gaps: float = 0.0) -> dict[str, list[tuple[Any, Any]]]:
    """Twelve places, six years; the first source about a third above the other."""
    chance = random.Random(seed)

    def one(mean: float) -> int | None:
        return None if chance.random() < gaps else chance.randint(int(mean * 0.7), int(mean * 1.3))

    return {place: [(one(1.3 * 20 * (n + 1)), one(20 * (n + 1))) for _ in YEARS] for n, place in enumerate(PLACES)}


def test_a_set_with_enough_places_has_every_statistic() -> None:
    pairs = made(1)
    found = of_set(every(known(two(pairs))))
    means = {p: [statistics.fmean(pair[side] for pair in numbers) for side in (0, 1)] for p, numbers in pairs.items()}
    logs = [math.log((a + 0.5) / (b + 0.5)) for a, b in means.values()]
    ratio = found["geometric_mean_ratio"]
    middle, spread = statistics.fmean(logs), 1.96 * statistics.stdev(logs)
    for name, expected in (("value", middle), ("low", middle - spread), ("high", middle + spread)):
        assert float(ratio[name]) == pytest.approx(math.exp(expected), abs=5e-5)
    assert 1.2 < ratio["value"] < 1.4
    tau = found["kendall_tau_b"]
    first, other = zip(*means.values(), strict=True)
    assert float(tau["value"]) == pytest.approx(kendalltau(first, other).statistic, abs=5e-5)
    ways = [
        ((a1 > a0) - (a1 < a0), (b1 > b0) - (b1 < b0))
        for numbers in pairs.values()
        for (a0, b0), (a1, b1) in pairwise(numbers)
        if min(a0, b0, a1, b1) >= 10
    ]
    direction = found["direction"]
    assert direction["n_ties"] == sum(0 in way for way in ways)
    assert direction["n"] == sum(0 not in way for way in ways)
    assert direction["n_agreeing"] == sum(a == b != 0 for a, b in ways)
    assert float(direction["value"]) == pytest.approx(direction["n_agreeing"] / direction["n"], abs=5e-5)
    numbers_a, numbers_b = ([math.log(m[side] + 0.5) for m in means.values()] for side in (0, 1))
    expected = scalar("concordance($1, $2)", numbers_a, numbers_b)
    assert float(found["concordance"]["value"]) == pytest.approx(expected, abs=5e-5)
    trend = found["trend_ratio"]
    assert trend["low"] < trend["value"] < trend["high"]
    assert (trend["n"], ratio["n"], tau["n"], ratio["n_years"]) == (144, 12, 12, 6)
    assert {row["withheld"] for row in found.values()} == {None}
    assert {tuple(row["reasons"]) for row in found.values()} <= {(), ("In 1 of the places a number is below 10.",)}


def test_an_order_that_is_not_perfect_has_its_interval() -> None:
    pairs = made(2)
    pairs[PLACES[0]], pairs[PLACES[9]] = pairs[PLACES[9]], pairs[PLACES[0]]
    pairs[PLACES[3]] = [(200, 20)] * 6
    pairs[PLACES[8]] = [(30, 300)] * 6
    tau = of_set(every(known(two(pairs))))["kendall_tau_b"]
    assert -1 <= tau["low"] < tau["value"] < tau["high"] <= 1


def test_second_level_places_of_a_first_level_place_are_a_set() -> None:
    pairs = {f"M{place}": numbers for place, numbers in made(3).items()}
    found = every(known(two(pairs)))
    assert {(row["place_set"], row["set_name"]) for row in found} == {("A-01", "Second-level places of A-01")}
    assert of_set(found, "A-01")["geometric_mean_ratio"]["value"] is not None


WITHHELD: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("found", {"concept": "arms_found"}, dict.fromkeys(STATISTICS, "None of the 72 pair")),
    ("traced", {"concept": "arms_traced", "unit": "traced_weapon"}, dict.fromkeys(STATISTICS, "None of the 72")),
    ("score", {"concept": "arms_trafficking_score", "unit": "score_1_10"}, dict.fromkeys(STATISTICS, "None of")),
    ("cut short", {"whole_period": False, "completeness": "partial"}, dict.fromkeys(STATISTICS, "None of the 72 pair")),
    ("partial", {"completeness": "partial"}, dict.fromkeys(STATISTICS, "at least")),
    ("other days", {"period_start": "2015-04-01"}, dict.fromkeys(STATISTICS, "None of the 12 pair")),
    ("caveat", {"completeness": "unknown"}, {"concordance": "comparable without a caveat"}),
]


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in WITHHELD], ids=[row[0] for row in WITHHELD])
def test_only_what_may_be_compared_enters(change: dict[str, Any], words: dict[str, str]) -> None:
    found = of_set(every(known(two(made(4), change))))
    for statistic, row in found.items():
        assert (row["value"] is None) == (statistic in words), statistic
        if statistic in words:
            assert words[statistic] in row["withheld"]
            assert (row["low"], row["high"]) == (None, None)
    row = found["geometric_mean_ratio"]
    assert row["n_both"] == row["n_entered"] + row["n_partial"] + row["n_refused"] > 0
    assert row["reasons"] or words == {}


def test_shares_and_rates_are_no_counts() -> None:
    change = {"concept": "civilian_holdings", "unit": "weapon_per_100_people"}
    figures = [{**row, **change} for row in two(made(5))]
    for row in of_set(every(known(figures))).values():
        assert "not counts" in row["withheld"]


def test_agreement_of_copies_proves_nothing() -> None:
    figures = two({place: [(n, n) for n, _ in numbers] for place, numbers in made(6).items()})
    found = of_set(every(known(figures, copies=("a", "b"))))
    for statistic, row in found.items():
        if statistic == "geometric_mean_ratio":
            assert (row["value"], row["low"], row["high"]) == (1, 1, 1)
            assert row["reasons"][0].endswith("agreement proves nothing about either.")
        else:
            assert (row["value"], row["withheld"]) == (None, row["withheld"])
            assert row["withheld"].endswith("agreement proves nothing about either.")


def test_too_few_places() -> None:
    found = of_set(every(known(two({place: made(7)[place] for place in PLACES[:7]}))))
    for row in found.values():
        assert row["withheld"].startswith("7 place(s)")
        assert row["n_places"] == 7
    assert of_set(every(known(two({place: made(7)[place] for place in PLACES[:8]}))))["kendall_tau_b"]["value"]


def test_too_few_years_or_changes() -> None:
    found = of_set(every(known(two({place: numbers[:3] for place, numbers in made(8).items()}))))
    assert found["trend_ratio"]["withheld"].startswith("Only 3 year(s)")
    assert found["direction"]["value"] is not None
    one = of_set(every(known(two({place: numbers[:1] for place, numbers in made(8).items()}))))
    assert one["direction"]["withheld"].startswith("0 change(s)")
    assert one["geometric_mean_ratio"]["value"] is not None


def test_a_year_left_out_is_no_step_to_the_next() -> None:
    pairs = {
        place: [numbers[0], (None, None), numbers[2], (None, None), numbers[4]] for place, numbers in made(8).items()
    }
    assert of_set(every(known(two(pairs))))["direction"]["n"] == 0


def test_small_counts() -> None:
    chance = random.Random(9)
    figures = two({place: [(chance.randint(0, 9), chance.randint(0, 9)) for _ in YEARS] for place in PLACES})
    found = of_set(every(known(figures)))
    assert "mostly chance" in found["geometric_mean_ratio"]["withheld"]
    assert found["geometric_mean_ratio"]["n_small"] == 12
    assert found["direction"]["withheld"].startswith("0 change(s)")
    assert found["direction"]["n_small"] == 60
    assert found["concordance"]["value"] is None


def test_places_of_one_number_have_no_order() -> None:
    found = of_set(every(known(two({place: [(50, 20 + n)] * 6 for n, place in enumerate(PLACES)}))))
    assert "no order" in found["kendall_tau_b"]["withheld"]
    assert found["direction"]["n_ties"] == 60


def test_a_declared_change_of_effort_withholds_what_changes_over_time() -> None:
    text = "Tagging of confiscations grew sevenfold from 2014 to 2017: a change of effort."
    figures = [{**row, "source": {"a": "gva", "b": "other"}[row["source"]]} for row in two(made(10))]
    found = of_set(every(known(figures, f"insert into caveat values ('gva', 1, '{text}', [], [], null, null)")))
    for statistic, row in found.items():
        assert (row["value"] is None) == (statistic in ("direction", "trend_ratio"))
        assert f"The source says: {text}" in row["reasons"]
    assert "effort changed" in found["trend_ratio"]["withheld"]


def test_zero_is_a_number_and_missing_is_none() -> None:
    pairs = made(11)
    pairs[PLACES[0]] = [(0, 40)] * 6
    pairs[PLACES[1]] = [(None, 40)] * 6
    pairs[PLACES[2]] = [(40, None)] * 5 + [(40, 40)]
    del pairs[PLACES[3]]
    row = of_set(every(known(two(pairs))))["geometric_mean_ratio"]
    assert row["places"] == [place for place in PLACES if place not in (PLACES[1], PLACES[3])]
    assert (row["n_only_a"], row["n_only_b"], row["n_none"], row["n_both"]) == (5, 6, 6, 55)
    logs = [
        math.log((statistics.fmean(a for a, _ in both) + 0.5) / (statistics.fmean(b for _, b in both) + 0.5))
        for both in ([pair for pair in numbers if None not in pair] for numbers in pairs.values())
        if both
    ]
    assert float(row["value"]) == pytest.approx(math.exp(statistics.fmean(logs)), abs=5e-5)
    assert {year["none"] for year in row["coverage"]} == {1}


def test_membership_is_that_of_each_year() -> None:
    figures = [{**row, "place_level": "country", "place": f"C{row['place']}"} for row in two(made(12))]
    since = ("'2018-03-01'", "null")
    more = " ".join(
        f"insert into place values ('C{place}', '{place}', 'country', null, 'C{place}', 'country_or_area');"
        f" insert into place_up values ('C{place}', 'C{place}', 'country');"
        f" insert into place_member values ('ORG:C', 'C{place}',"
        f" {since[n > 0]}, null, 'community');"
        for n, place in enumerate(PLACES)
    )
    row = of_set(every(known(figures, more)), "ORG:C")["geometric_mean_ratio"]
    assert [year["places"] for year in row["coverage"]] == [11, 11, 11, 12, 12, 12]
    assert (row["n_place_years"], row["n_both"], row["n_none"]) == (69, 69, 0)


@pytest.mark.parametrize("seed", range(6))
def test_swapping_the_two_inverts_the_ratio_and_keeps_the_order(seed: int) -> None:
    figures = two(made(seed, gaps=0.1))
    swapped = [{**row, "source": {"a": "b", "b": "a"}[row["source"]]} for row in figures]
    there, back = of_set(every(known(figures))), of_set(every(known(swapped)))
    for statistic in ("geometric_mean_ratio", "trend_ratio"):
        for name, other in (("value", "value"), ("low", "high"), ("high", "low")):
            assert float(there[statistic][name]) == pytest.approx(1 / float(back[statistic][other]), rel=2e-4)
    for statistic in ("kendall_tau_b", "concordance", "direction"):
        assert there[statistic]["value"] == back[statistic]["value"]
        assert there[statistic]["n"] == back[statistic]["n"]
    assert there["direction"]["n_only_a"] == back["direction"]["n_only_b"]


@pytest.mark.parametrize("seed", range(3))
def test_another_source_changes_no_row_of_a_pair(seed: int) -> None:
    figures = two(made(seed, gaps=0.2))
    third = [{**row, "source": "c"} for row in two(made(seed + 50)) if row["source"] == "a"]
    before = every(known(figures))
    after = [row for row in every(known([*third, *figures])) if (row["source_a"], row["source_b"]) == ("a", "b")]
    assert before == after


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_figures_come_changes_nothing(seed: int) -> None:
    figures = two(made(seed, gaps=0.2))
    mixed = random.Random(seed).sample(figures, len(figures))
    assert every(known(figures)) == every(known(mixed))


CHANGES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(PLACES),
        st.sampled_from(YEARS),
        st.sampled_from(
            [None, {"value": "0"}, {"value": "3"}, {"completeness": "partial"}, {"completeness": "unknown"},
             {"unit": "grenade_launcher"}, {"concept": "arms_found"}, {"period_basis": "fiscal"}]
        ),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(CHANGES)
def test_numbers_of_pairs_add_up_and_a_missing_figure_never_counts(
    changes: list[tuple[str, str, int, dict[str, Any] | None]],
) -> None:
    held = {(row["source"], row["place"], int(row["period"])): row for row in two(made(20))}
    for source, place, year, change in changes:
        row = held.pop((source, place, year), None)
        if change is not None and row is not None:
            held[source, place, year] = {**row, **change}
    for row in every(known(list(held.values()))):
        assert row["n_place_years"] == row["n_both"] + row["n_only_a"] + row["n_only_b"] + row["n_none"]
        assert row["n_both"] == row["n_entered"] + row["n_partial"] + row["n_refused"]
        assert row["n_place_years"] == sum(year["places"] for year in row["coverage"])
        assert row["n_both"] == sum(year["both"] for year in row["coverage"])
        assert row["n_places"] == len(row["places"]) <= row["n_entered"]
        assert (row["value"] is None) == (row["withheld"] is not None)
        years = range(row["first_year"], row["last_year"] + 1)
        bases = row["period_basis"].split("/")
        side = [
            {
                key[1:]
                for key, row_of in held.items()
                if key[2] in years
                and (row_of["source"], row_of["concept"], row_of["unit"], row_of["period_basis"])
                == (row[f"source_{x}"], row[f"concept_{x}"], row[f"unit_{x}"], basis)
            }
            for x, basis in (("a", bases[0]), ("b", bases[-1]))
        ]
        assert row["n_both"] == len(side[0] & side[1])
        assert row["n_only_a"] == len(side[0] - side[1])


def test_an_ad_hoc_set_gives_what_sql_can() -> None:
    con = known(two(made(13, gaps=0.1)))
    named = of_set(every(con))
    asked = f"{PLACES}, 'b', 'a', 'arms_seized', 2015, 2020"
    found = {row["statistic"]: row for row in rows_of(con, f"select * from agreement_of({asked})")}
    for statistic in STATISTICS:
        here, there = found[statistic], named[statistic]
        assert here["source_a"] == "a"
        if statistic == "trend_ratio":
            assert here["withheld"] == "A trend is worked out only for sets of places that have a name."
        else:
            assert here["value"] == there["value"]
        if statistic == "kendall_tau_b":
            assert (here["low"], here["reasons"][0]) == (
                None, "An interval is worked out only for sets of places that have a name.",
            )  # fmt: skip
    assert set(found["direction"]) == set(AGREEMENT) - {"place_set", "set_name", "place_level"}


def test_an_ad_hoc_set_counts_no_place_twice_and_says_why_it_is_empty() -> None:
    figures = two(made(14)) + [
        figure(source, "AAA", year, 9999, place_level="country") for source in "ab" for year in YEARS
    ]
    con = known(figures)
    (row,) = rows_of(
        con,
        f"select * from agreement_of({['AAA', *PLACES]}, 'a', 'b', 'arms_seized', 2015, 2020)"
        " where statistic = 'geometric_mean_ratio'",
    )
    assert (row["n_places"], row["places"]) == (1, ["AAA"])
    (row,) = rows_of(con, f"select * from agreement_of({PLACES}, 'a', 'c', 'arms_seized', 2015, 2020)")
    assert (row["value"], row["reasons"]) == (None, [])
    assert row["withheld"].startswith("No figures of both sources")


def test_thresholds_of_both_languages_are_the_same() -> None:
    assert f"agreement_places() as {agreement.FEWEST_PLACES};" in sql("views/agreement_series")


def test_no_place_is_put_above_another() -> None:
    for name in (*AGREEING, "macros/agree"):
        text = sql(name)
        assert not re.search(r"\bdesc\b|under-?report|silen|worst|\bbest|\brank of", text, re.IGNORECASE), name


def test_a_release_without_such_pairs_has_the_shape_and_no_row(tmp_path: Path) -> None:
    from commons import _add
    from warehouse.starter import files

    folder = Folder(tmp_path)
    assert _add(folder, next(file for file in files() if file.stem == "soudapaz_rj"), None, None, None) == 0
    build(folder)
    with open_release(folder) as con:
        found = con.execute("select * from agreement")
        assert [column[0] for column in found.description] == AGREEMENT
        assert found.fetchall() == []
