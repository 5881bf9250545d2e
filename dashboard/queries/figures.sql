-- The figures shown, one a row.
select
    name,
    source,
    figure_id,
    counted as concept,
    unit,
    period,
    value,
    completeness,
    obs_status,
    publisher
from shown($place, $concept)
where year between $first and $last
order by name, source, concept, unit, period_start, period, figure_id;
