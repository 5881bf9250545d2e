"""What agreement over a set of places needs and SQL cannot do: an interval by resampling, and a model of counts.

agreement.sql says which pairs of numbers enter and which results are withheld; this works out the rest of it. scipy and
statsmodels do the statistics. They are imported where they are used, since that costs seconds: by a build, and only
where a set has enough places.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, isfinite, log
from typing import TYPE_CHECKING, Any

from schemas.said import said

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LIBRARIES = ("numpy", "scipy", "statsmodels")
"""Another version of these may give other digits."""

SEED = 1986
RESAMPLES = 2000
"""Always the same resamples, so that the same figures give the same release. Efron & Tibshirani (1993, chapter 14) ask
for at least 1,000."""

FEWEST_PLACES = 8
"""As agreement_places() in agreement.sql; places without information on a trend do not count."""
MOST_PLACES = 100
"""The model has an effect for each place: its cost grows with their cube (about a second at 100)."""

DISPERSIONS = (1e-6, 1e2)
"""Where the negative binomial's dispersion is looked for. At the lower end it is a Poisson distribution."""
ROUNDS = 25


class NoResult(Exception):
    """Why a statistic cannot be worked out, as a sentence."""


@dataclass(frozen=True)
class Fit:
    """A negative binomial model: coefficients (on logs), their standard errors and 95 % limits, and the dispersion."""

    coefficients: list[float]
    errors: list[float]
    limits: list[tuple[float, float]]
    dispersion: float


@dataclass(frozen=True)
class Result:
    """One statistic of one series, or why there is none. `n` is how many numbers it rests on."""

    series: str
    statistic: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    failed: str | None = None


def computed(series: Iterable[dict[str, Any]]) -> Iterator[Result]:
    """Intervals of Kendall's tau-b, and trends, for rows of agreement_series whose results are not withheld."""
    for one in series:
        name, places = one["series"], len(one["places"])
        if one["withheld_tau"] is None:
            try:
                low, high = order_interval(tuple(one["means_a"]), tuple(one["means_b"]))
                yield Result(name, "kendall_tau_b", places, low=low, high=high)
            except NoResult as reason:
                yield Result(name, "kendall_tau_b", places, failed=str(reason))
        if one["withheld_trend"] is None:
            points = tuple((point["place"], point["year"], point["a"], point["b"]) for point in one["points"])
            try:
                n, value, low, high = trend_ratio(points)
                yield Result(name, "trend_ratio", n, value, low, high)
            except NoResult as reason:
                yield Result(name, "trend_ratio", len(points), failed=str(reason))


@cache
def order_interval(numbers_a: tuple[float, ...], numbers_b: tuple[float, ...]) -> tuple[float, float]:
    """The 95 % interval of Kendall's tau-b of places, by BCa bootstrap over places. Raises NoResult."""
    from scipy.stats import kendalltau

    def tau(a: "Array", b: "Array", axis: int = -1) -> "Array":
        found: Array = kendalltau(a, b, method="asymptotic", axis=axis).statistic
        return found

    return bca_interval(tau, numbers_a, numbers_b)


def bca_interval(
    statistic: Callable[..., "Array"], *samples: Sequence[float], level: float = 0.95
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval of a statistic of paired samples, of scipy.stats.bootstrap.

    `statistic(*samples, axis)` takes arrays of many resamples. Raises NoResult where a resample has no such statistic.

    The variance of the 26 values of the spatial test data: (115.8, 259.6) at 90 % from 2,000 resamples, in Efron &
    Tibshirani, An Introduction to the Bootstrap (1993), table 14.2; the resamples differ, hence the third digit.
    """
    from numpy.random import default_rng
    from scipy.stats import bootstrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate resamples are told by a limit that is no number
        found = bootstrap(
            samples, statistic, paired=True, vectorized=True, confidence_level=level, n_resamples=RESAMPLES,
            method="BCa", rng=default_rng(SEED),
        ).confidence_interval  # fmt: skip
    if not (isfinite(found.low) and isfinite(found.high)):
        raise NoResult(
            said("Too many places share a number, or all stand in one order, for resampling to give an interval.")
        )
    return float(found.low), float(found.high)


@cache
def trend_ratio(points: tuple[tuple[str, int, float, float], ...]) -> tuple[int, float, float, float]:
    """By which factor a year the first source's numbers grow against the second's, with its 95 % limits.

    `points` are place, year and the number of each source. Counts follow a negative binomial with an effect of each
    place, of the source, of the year, and of source × year, which is the result; errors are clustered by place.
    Returns how many counts it rests on, the factor and its limits. Raises NoResult.
    """
    by_place: dict[str, list[tuple[int, float, float]]] = {}
    for place, year, a, b in points:
        by_place.setdefault(place, []).append((year, a, b))
    told = {place: rows for place, rows in by_place.items() if len(rows) > 1 and any(a + b > 0 for _, a, b in rows)}
    if len(told) < FEWEST_PLACES:
        raise NoResult(
            said(
                "{:d} place(s) have two years and a number above zero; at least {:d} are asked for.",
                len(told),
                FEWEST_PLACES,
            )
        )
    if len(told) > MOST_PLACES:
        raise NoResult(said("A trend is worked out for at most {:d} places; here are {:d}.", MOST_PLACES, len(told)))
    if not all(any(row[side] > 0 for rows in told.values() for row in rows) for side in (1, 2)):
        raise NoResult(said("One of the sources has zero everywhere."))
    middle = sum(year for _, year, _, _ in points) / len(points)
    design: list[list[float]] = []
    counts: list[float] = []
    groups: list[int] = []
    for position, rows in enumerate(told.values()):
        own = [float(position == other) for other in range(len(told))]
        for year, a, b in rows:
            for first, count in ((1.0, a), (0.0, b)):
                design.append([*own, first, year - middle, first * (year - middle)])
                counts.append(count)
                groups.append(position)
    fit = negative_binomial(counts, design, groups)
    low, high = fit.limits[-1]
    return len(counts), exp(fit.coefficients[-1]), exp(low), exp(high)


def negative_binomial(
    counts: Sequence[float], design: Sequence[Sequence[float]], groups: Sequence[int] | None = None
) -> Fit:
    """A negative binomial model with a log link and the dispersion of the greatest likelihood, by statsmodels' GLM.

    With groups, errors are clustered by them and limits are of Student's t. Raises NoResult where it does not converge.

    Colonies in an Ames test on dose and log(dose + 10), data of Margolin et al. (1981): −0.000980, 0.313, constant
    2.198, dispersion 0.0488, in Lawless, Negative binomial and mixed Poisson regression, Canadian Journal of Statistics
    15 (1987), 209–225.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar
    from statsmodels.genmod.families import NegativeBinomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    numbers, matrix = np.asarray(counts, float), np.asarray(design, float)
    bounds = (log(DISPERSIONS[0]), log(DISPERSIONS[1]))
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": np.asarray(groups)}, "use_t": True}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what they warn of is asked for below
            fitted = GLM(numbers, matrix, family=Poisson()).fit()
            before = float("inf")
            for _ in range(ROUNDS):
                # In turn, the dispersion given the means and the means given the dispersion: each step is likelier.
                means = fitted.mu

                def unlikely(logged: float, means: "Array" = means) -> float:
                    return -float(NegativeBinomial(alpha=exp(logged)).loglike(numbers, means))

                logged = float(minimize_scalar(unlikely, bounds=bounds, method="bounded").x)
                model = GLM(numbers, matrix, family=NegativeBinomial(alpha=exp(logged)))
                fitted = model.fit(start_params=fitted.params)
                if abs(logged - before) < 1e-4 or exp(logged) < 10 * DISPERSIONS[0]:
                    break
                before = logged
            else:
                raise NoResult(said("The model of the trend did not converge."))
            if groups is not None:
                fitted = model.fit(start_params=fitted.params, **clustered)
    except (np.linalg.LinAlgError, PerfectSeparationError, ValueError) as error:
        raise NoResult(said("The model of the trend did not converge.")) from error
    limits = [(float(low), float(high)) for low, high in fitted.conf_int()]
    if (
        not fitted.converged
        or not np.isfinite([*fitted.params, *fitted.bse, *(end for pair in limits for end in pair)]).all()
    ):
        raise NoResult(said("The model of the trend did not converge."))
    return Fit([float(c) for c in fitted.params], [float(e) for e in fitted.bse], limits, exp(logged))
