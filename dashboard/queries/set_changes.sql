-- Who joined and who left a community, day by day, in the years that any figure is of, and later.
with dated as (
    select
        child,
        valid_from as day,
        'joined' as change
    from place_member
    where parent = $set and kind = 'community'
    union all
    select
        child,
        valid_to as day,
        'left' as change
    from place_member
    where parent = $set and kind = 'community'
)

select
    dated.day,
    dated.change,
    list(place.code order by place.name, place.code) as codes,
    list(place.name order by place.name, place.code) as names
from dated
inner join place on dated.child = place.code
where year(dated.day) >= (select min(coverage.year) from coverage)
group by dated.day, dated.change
order by dated.day, dated.change;
