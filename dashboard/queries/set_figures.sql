-- The figures behind the sums: place by place and year by year. Alphabetical.
select
    figure.figure_id,
    place.code,
    place.name as place_name,
    year(figure.period_start) as year,
    figure.value,
    figure.unit,
    figure.completeness,
    figure.derived,
    total.is_taken,
    total.is_partial,
    total.otherwise
from total_in_set($set, $places, $source, $concept, $published) as total
inner join figure
    on
        total.source = figure.source
        and total.concept = figure.concept
        and total.unit = figure.unit
        and total.period_basis = figure.period_basis
        and total.place = figure.place
        and total.year = year(figure.period_start)
inner join place on total.place = place.code
where
    figure.period_kind = 'year'
    and figure.dimension = 'total'
    and figure.category = 'TOTAL'
    and figure.variant = ''
    and figure.counterpart is null
    and total.year between $first and $last
order by place.name, place.code, figure.unit, figure.period_basis, year;
