-- What is held, by class of source and all together: sources that state figures, the places they speak of, and years.
select
    provenance,
    count(distinct source) as sources,
    count(distinct place) filter (where place_level = 'country') as countries,
    count(distinct place) filter (where place_level = 'admin1') as states,
    count(distinct place) filter (where place_level not in ('world', 'region', 'country', 'admin1')) as smaller,
    year(min(period_start)) as first_year,
    year(max(period_end)) as last_year
from figure
group by grouping sets ((provenance), ())
order by grouping(provenance), provenance;
