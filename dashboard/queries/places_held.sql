-- Places for which a figure is held ('itself'), or for a place in them ('inside'); named sets with such a member.
with held as (
    select
        code,
        bool_or(code = held) as itself
    from shown_place
    group by code
)

select
    code,
    case when itself then 'itself' else 'inside' end as holds
from held
union all
select distinct
    set_member.place_set as code,
    'inside' as holds
from set_member
inner join held on set_member.place = held.code
where
    set_member.place_level = 'country'
    and set_member.place_set not in (select itself.code from held as itself);
