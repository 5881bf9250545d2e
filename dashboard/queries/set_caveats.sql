-- What must be said beside the figures of each source that speaks of a set. Alphabetical by source.
with told as (
    select
        coverage.source,
        coverage.concept,
        coverage.place,
        coverage.year
    from coverage
    inner join in_set($set, $places) as member
        on coverage.place = member.place and coverage.year between member.first_year and member.last_year
    where coverage.concept = $concept and coverage.n_figures > 0 and coverage.year between $first and $last
    union
    select
        total.source,
        total.concept,
        total.place,
        total.year
    from yearly_total as total
    inner join in_set($set, $places) as member
        on total.place = member.place and total.year between member.first_year and member.last_year
    where total.concept = $concept and total.year between $first and $last
    union
    select
        flow.source,
        flow.concept,
        member.place,
        year(flow.period_start) as year
    from flow
    inner join in_set($set, $places) as member on flow.origin = member.place or flow.destination = member.place
)

select
    source_name.name,
    told.source,
    caveat.number,
    caveat.text
from told
inner join place on told.place = place.code
inner join source_name() as source_name on told.source = source_name.source
inner join caveat on told.source = caveat.source
where
    (len(caveat.concepts) = 0 or list_contains(caveat.concepts, told.concept))
    and (
        len(caveat.places) = 0
        or list_contains(caveat.places, told.place)
        or list_contains(caveat.places, place.country)
    )
    and told.year between coalesce(caveat.first_year, -9999) and coalesce(caveat.last_year, 9999)
group by all
order by source_name.name, told.source, caveat.number;
