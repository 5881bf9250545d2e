-- The ratio of two sources for the places one level below a place, where their comparison gives one, else its reasons.
with pair as (
    select * from comparison
    where $kept
    union all
    select * from comparison_of('figure', 'figure')
    where not $kept
)

select
    place.code,
    place.name,
    place.lat,
    place.lon,
    pair.figure_a,
    pair.figure_b,
    pair.value_a,
    pair.value_b,
    pair.unit_a,
    pair.unit_b,
    pair.ratio,
    pair.verdict,
    coalesce(pair.reasons, []) as reasons
from place
left join pair
    on
        place.code = pair.place
        and pair.source_a = $source
        and pair.source_b = $other
        and pair.concept_a = $concept
        and pair.concept_b = $concept
        and year(pair.period_start) = $year
        and pair.period_end - pair.period_start between 360 and 370
        and pair.dimension = 'total'
        and pair.category = 'TOTAL'
where place.parent = $place and place.level in ('admin1', 'admin2', 'city') and place.kind <> 'own_register'
order by strip_accents(lower(place.name)), place.code;
