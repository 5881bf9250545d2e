-- What to know before neighbouring years of one panel are read as a change: marks between two years, and spans of years
-- for which a source declares something. Numbered as the chart and the list below it show them.
select
    row_number() over (order by mark.first_year, mark.last_year, named.name, mark.kind, mark.sentence) as number,
    named.name,
    mark.source,
    mark.kind,
    mark.first_year,
    mark.last_year,
    mark.sentence,
    mark.kind in ('jump', 'source_mix') as between_years,
    case
        when mark.kind in ('jump', 'source_mix') then (mark.first_year + mark.last_year) / 2.0
        else mark.first_year - 0.4
    end::double as x,
    case
        when mark.kind in ('jump', 'source_mix') then (mark.first_year + mark.last_year) / 2.0
        else mark.last_year + 0.4
    end::double as x2
from mark
inner join (
    select
        source,
        concept,
        any_value(name) as name,
        min(year) as first_year,
        max(year) as last_year
    from shown($place, $concept)
    where panel = $panel and year between $first and $last and kind = 'year'
    group by source, concept
) as named
    on
        mark.source = named.source
        and mark.concept = named.concept
        and mark.last_year >= named.first_year
        and mark.first_year <= named.last_year
where mark.place = $place and mark.last_year >= $first and mark.first_year <= $last
order by number;
