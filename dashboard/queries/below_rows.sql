-- One source's yearly totals for the places one level below a place: one row for each of these places, with or without
-- a figure.
select
    place.code,
    place.name,
    place.lat,
    place.lon,
    figure.figure_id,
    figure.value,
    figure.unit,
    figure.completeness,
    figure.obs_status
from place
left join figure
    on
        place.code = figure.place
        and figure.source = $source
        and figure.concept = $concept
        and figure.unit = $unit
        and year(figure.period_start) = $year
        and figure.dimension = 'total'
        and figure.category = 'TOTAL'
        and figure.variant = ''
        and figure.counterpart is null
        and figure.period_kind = 'year'
where place.parent = $place and place.level in ('admin1', 'admin2', 'city') and place.kind <> 'own_register'
order by strip_accents(lower(place.name)), place.code;
