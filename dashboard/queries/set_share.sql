-- Types of firearm as part of the whole, under three weightings: of a named set with its members as of each year, or of
-- the places given.
with weighted as (
    select * exclude (place_set, set_name)
    from share_in($set, $source, $concept, 'firearm_type', null, $first, $last, as_it_stands := $published)
    where $set is not null
    union all by name
    select *
    from share_of(
        $places::varchar[], $source, $concept, 'firearm_type', null, $first, $last, as_it_stands := $published
    )
    where $set is null
)

select *
from weighted
order by unit, period_basis, category;
