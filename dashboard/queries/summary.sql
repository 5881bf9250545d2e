-- One panel in words: for each source how many figures, the first, the last, and the periods without one between them.
with panel as (
    select *
    from shown($place, $concept)
    where panel = $panel and year between $first and $last
),

reach as (
    select
        source,
        any_value(name) as name,
        any_value(unit) as unit,
        any_value(kind) as kind,
        count(*) as figures,
        count(*) filter (where completeness = 'partial') as partial,
        count(*) filter (where completeness = 'unknown') as unknown,
        min_by(period, period_start) as first_period,
        min_by(value, period_start) as first_value,
        min_by(completeness, period_start) as first_completeness,
        max_by(period, period_start) as last_period,
        max_by(value, period_start) as last_value,
        max_by(completeness, period_start) as last_completeness,
        min(year) as first_year,
        max(year) as last_year,
        list(distinct year) as years
    from panel
    group by source
)

select
    * exclude (years),
    case
        when kind = 'year'
            then list_filter(generate_series(first_year, last_year), lambda y: not list_contains(years, y))
        else []
    end as without
from reach
order by name, source;
