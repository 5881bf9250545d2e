-- The three outcomes between two years: of a named set with its members as of each year, or of the places given.
with outcome as (
    select * exclude (place_set, set_name)
    from trend_in($set, $source, $concept, $first, $last, as_it_stands := $published)
    where $set is not null
    union all by name
    select *
    from trend_of($places::varchar[], $source, $concept, $first, $last, as_it_stands := $published)
    where $set is null
)

select
    *,
    list_transform(
        chain, lambda link: {
            'first_year': link.first_year, 'last_year': link.last_year, 'n': link.n, 'first_value': link.first_value,
            'last_value': link.last_value, 'change': relative_change(link.first_value, link.last_value)
        }
    ) as links,
    len(chain) > 0 as has_chain
from outcome
order by unit, period_basis;
