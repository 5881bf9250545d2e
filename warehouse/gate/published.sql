-- One row per source, concept, unit and level of place: numbers the source states and figures that stand as stated.
-- Only levels that nothing is added up to: at the others a stated number joins the sum of its level.
-- Reads observed, figure_part, rule.

with stated as (
    select
        observed.source,
        concept,
        unit,
        place_level,
        sum(numbers)::bigint as numbers
    from observed
    inner join rule on observed.source = rule.source
    where not derived and not list_contains(rule.place_levels, place_level)
    group by all
    having sum(numbers) > 0
),

shown as (
    select
        figure_part.source,
        concept,
        unit,
        place_level,
        count(*) as figures
    from figure_part
    inner join rule on figure_part.source = rule.source
    where not derived and not list_contains(rule.place_levels, place_level)
    group by all
)

select
    coalesce(stated.source, shown.source) as source,
    coalesce(stated.concept, shown.concept) as concept,
    coalesce(stated.unit, shown.unit) as unit,
    coalesce(stated.place_level, shown.place_level) as place_level,
    coalesce(stated.numbers, 0) as numbers,
    abs(coalesce(stated.numbers, 0) - coalesce(shown.figures, 0)) as lost
from stated
full join shown
    on
        stated.source = shown.source
        and stated.concept = shown.concept
        and stated.unit = shown.unit
        and stated.place_level = shown.place_level
order by all;
