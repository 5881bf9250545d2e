-- Two sources' figures side by side, by source, then period: the view comparison, worked out for this place.
with side as (
    select
        figure_id,
        name,
        source,
        completeness,
        year,
        counted
    from shown($place, $concept)
    where year between $first and $last
),

pair as (
    select
        comparison.*,
        a.name as name_a,
        b.name as name_b,
        a.counted as counted_a,
        b.counted as counted_b,
        a.completeness as completeness_a,
        b.completeness as completeness_b,
        comparison.unit_a <> comparison.unit_b as other_units
    from comparison_of('figure_here', 'figure_here') as comparison
    inner join side as a on comparison.figure_a = a.figure_id
    inner join side as b on comparison.figure_b = b.figure_id
    where comparison.place = $place and $concept in (comparison.concept_a, comparison.concept_b, a.counted, b.counted)
)

select
    *,
    row_number() over same_pair = 1 as new_pair,
    coalesce(reasons = lag(reasons) over same_pair and verdict = lag(verdict) over same_pair, false) as as_above
from pair
window
    same_pair as (
        partition by name_a, source_a, name_b, source_b, concept_a, concept_b, unit_a, unit_b
        order by period_start, period, figure_a, figure_b
    )
order by
    name_a, source_a, name_b, source_b, concept_a, concept_b, unit_a, unit_b, period_start, period, figure_a, figure_b;
