-- Places of the shipped register and of the sources' own registers (police areas), and what lies in what.
-- Reads register_place, register_member, register_name, accepted_place (code, name, level, parent).

-- Every place with itself and what holds it, up to its country.
create or replace temp macro ancestors_of(places) as table
with recursive up as (
    select
        code as place,
        code as ancestor,
        level as ancestor_level,
        parent
    from query_table(places)
    union all
    select
        up.place,
        above.code as ancestor,
        above.level as ancestor_level,
        above.parent
    from up
    inner join query_table(places) as above on up.parent = above.code
    where up.ancestor_level not in ('country', 'region', 'world')
)

select
    place,
    ancestor,
    ancestor_level
from up
where ancestor_level not in ('region', 'world') or place = ancestor;

create or replace temp table place_up_register as
select * from ancestors_of('register_place');

create or replace temp table own_parent as
-- Of the places an area is said to lie in, those that contain another of them say nothing more.
select distinct
    said.code,
    said.parent,
    said.level
from accepted_place as said
where
    said.code not in (select register_place.code from register_place)
    and not exists (
        select 1
        from accepted_place as other
        inner join place_up_register on other.parent = place_up_register.place
        where
            other.code = said.code
            and other.parent <> said.parent
            and place_up_register.ancestor = said.parent
    );

create or replace temp table own_place as
with one_or_several as (
    select
        code,
        any_value(level) as level,
        count(*) as parents,
        any_value(parent) as parent
    from own_parent
    group by code
),

named as (
    select
        code,
        coalesce(max(name) filter (where name <> code), any_value(code)) as name,
        any_value(parent) as said_parent
    from accepted_place
    group by code
),

widest as (
    -- The smallest place that holds all of an area's parents: where their ways up meet.
    select
        own_parent.code,
        arg_min(
            place_up_register.ancestor,
            case place_up_register.ancestor_level when 'admin2' then 1 when 'admin1' then 2 else 3 end
        )
            as parent
    from own_parent
    inner join place_up_register on own_parent.parent = place_up_register.place
    inner join one_or_several on own_parent.code = one_or_several.code
    group by own_parent.code, place_up_register.ancestor
    having count(distinct own_parent.parent) = any_value(one_or_several.parents)
),

meeting as (
    select
        widest.code,
        arg_min(widest.parent, case register_place.level when 'admin2' then 1 when 'admin1' then 2 else 3 end) as parent
    from widest
    inner join register_place on widest.parent = register_place.code
    group by widest.code
)

select
    one_or_several.code,
    named.name,
    one_or_several.level,
    case when one_or_several.parents = 1 then one_or_several.parent else meeting.parent end as parent
from one_or_several
inner join named on one_or_several.code = named.code
left join meeting on one_or_several.code = meeting.code;

create or replace temp table place as
select
    code,
    name,
    level,
    parent,
    country,
    m49,
    kind,
    valid_from,
    valid_to,
    lat,
    lon,
    note
from register_place
union all by name
select
    own_place.code,
    own_place.name,
    own_place.level,
    own_place.parent,
    register_place.country,
    'own_register' as kind
from own_place
inner join register_place on own_place.parent = register_place.code
order by code;

create or replace temp table place_up as
select * from ancestors_of('place')
order by place, ancestor;

create or replace temp table place_overlap as
-- Areas that lie in several places are given to none of them.
select
    parent as place,
    code as area
from own_parent
qualify count(*) over (partition by code) > 1
order by place, area;

create or replace temp table place_member as
select
    parent,
    child,
    valid_from,
    valid_to,
    kind
from register_member
union all by name
select
    parent,
    code as child,
    null as valid_from,
    null as valid_to,
    'within' as kind
from place
where parent is not null
union all by name
select
    place as parent,
    area as child,
    null as valid_from,
    null as valid_to,
    'overlaps' as kind
from place_overlap
order by parent, child;
