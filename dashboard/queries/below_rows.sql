-- One source's yearly totals for the places one level below a place: one row for each of these places, with or without
-- a figure. Where a place has figures of several kinds of year, that of the calendar.
with held as (
    select figure.*
    from figure
    left join counts_as
        on
            figure.source = counts_as.source
            and figure.origin_label = counts_as.origin_label
            and figure.concept = counts_as.concept
    where
        figure.source = $source
        and coalesce(counts_as.counts_as, figure.concept) = $concept
        and figure.unit = $unit
        and year(figure.period_start) = $year
        and figure.dimension = 'total'
        and figure.category = 'TOTAL'
        and figure.variant = ''
        and figure.counterpart is null
        and figure.period_kind = 'year'
        and figure.whole_period
    qualify
        row_number() over (
            partition by figure.place
            order by figure.period_basis <> 'calendar', figure.period_basis, figure.concept, figure.origin_label
        ) = 1
)

select
    place.code,
    place.name,
    place.lat,
    place.lon,
    held.figure_id,
    held.value,
    held.unit,
    held.completeness,
    held.obs_status
from place
left join held on place.code = held.place
where place.parent = $place and place.level in ('admin1', 'admin2', 'city') and place.kind <> 'own_register'
order by strip_accents(lower(place.name)), place.code;
