-- Stretches of years through which the members of a community stayed the same, of those years that any figure is of,
-- and later.
with reach as (
    select
        (select min(coverage.year) from coverage)::integer as first_year,
        greatest(
            (select max(coverage.year) from coverage),
            max(first_year),
            max(last_year + 1) filter (where last_year < 9999)
        )::integer as last_year
    from set_member
    where place_set = $set
),

listed as (
    select
        slot.year,
        count(*) as members,
        list(set_member.place order by set_member.place) as places
    from (
        select unnest(range(reach.first_year, reach.last_year + 1))::integer as year
        from reach
    ) as slot
    inner join set_member on slot.year between set_member.first_year and set_member.last_year
    where set_member.place_set = $set
    group by slot.year
),

numbered as (
    select
        *,
        count(*) filter (where begins) over (order by year) as run
    from (
        select
            *,
            coalesce(places <> lag(places) over (order by year), true) as begins
        from listed
    ) as compared
)

select
    min(year) as first_year,
    max(year) as last_year,
    any_value(members) as members,
    any_value(places) as places
from numbered
group by run
order by first_year;
