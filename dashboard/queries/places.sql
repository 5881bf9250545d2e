-- Every place of the release, what holds it, and whether a figure is held for it ('itself') or for a place in it
-- ('inside'); of a named set, whether one is held for a member. Alphabetical.
with held as (
    select
        code,
        bool_or(code = held) as itself
    from showable()
    group by code
),

held_of_set as (
    select distinct set_member.place_set as code
    from set_member
    inner join held on set_member.place = held.code
    where set_member.place_level = 'country'
)

select
    place.code,
    place.name,
    place.level,
    place.parent,
    case
        when held.itself then 'itself'
        when held.code is not null or held_of_set.code is not null then 'inside'
    end as holds
from place
left join held on place.code = held.code
left join held_of_set on place.code = held_of_set.code
order by strip_accents(lower(place.name)), place.code;
