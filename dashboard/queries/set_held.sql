-- What is held of the places of a set: concepts and sources, with the years, whether the numbers add up over places, and
-- of which years some do.
with told as (
    select
        coverage.source,
        coverage.concept,
        coverage.year,
        coverage.place,
        false as adds_up,
        false as is_taken
    from coverage
    inner join in_set($set, $places) as member
        on coverage.place = member.place and coverage.year between member.first_year and member.last_year
    where coverage.n_figures > 0
    union all
    select
        total.source,
        total.concept,
        total.year,
        total.place,
        true as adds_up,
        not total.is_partial and total.otherwise is null as is_taken
    from yearly_total as total
    inner join in_set($set, $places) as member
        on total.place = member.place and total.year between member.first_year and member.last_year
)

select
    told.concept,
    told.source,
    any_value(source_name.name) as name,
    any_value(source_name.provenance) as provenance,
    bool_or(told.adds_up) as adds_up,
    count(distinct told.place) as places,
    list_sort(list(distinct told.year)) as years,
    coalesce(list_sort(list(distinct told.year) filter (where told.is_taken)), []) as years_summed
from told
inner join source_name() as source_name on told.source = source_name.source
group by told.concept, told.source
order by told.concept, any_value(source_name.name), told.source;
