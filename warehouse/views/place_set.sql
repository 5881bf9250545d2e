-- Named sets of places with dated membership, and what sources declare of their own years: what trends, shares,
-- coverage and agreement over sets build on. Reads place, place_member, caveat.

create or replace table set_member as
-- Places of every named set, with the years of membership (as of 31 December): M49 regions and the world,
-- communities, and the first-level places of one country.
with recursive up as (
    select
        code as place,
        parent as place_set
    from place
    where level = 'country'
    union all
    select
        up.place,
        place.parent as place_set
    from up
    inner join place on up.place_set = place.code
    where place.parent is not null
),

member as (
    select
        place_set,
        place,
        0 as first_year,
        9999 as last_year
    from up
    where place_set is not null
    union all
    select
        parent as place_set,
        child as place,
        coalesce(year(valid_from), 0)::integer as first_year,
        case
            when valid_to is null then 9999
            when month(valid_to) = 12 and day(valid_to) = 31 then year(valid_to)
            else year(valid_to) - 1
        end::integer as last_year
    from place_member
    where kind = 'community'
    union all
    select
        country as place_set,
        code as place,
        0 as first_year,
        9999 as last_year
    from place
    where level = 'admin1' and country is not null and kind <> 'own_register'
)

select
    member.place_set,
    case when whole.level = 'country' then format('First-level places of {}', whole.name) else whole.name end as set_name,
    case when whole.level = 'country' then 'admin1' else 'country' end as place_level,
    member.place,
    member.first_year,
    member.last_year
from member
inner join place as whole on member.place_set = whole.code
order by all;

create or replace macro members_of_set(a_set, a_year) as (
    select count(*)
    from set_member
    where set_member.place_set = a_set and a_year between set_member.first_year and set_member.last_year
);

-- What is said of members that joined or left a set between two years.
create or replace macro membership_notes(a_set, a_first_year, a_last_year) as (
    select
        coalesce(list(
            case
                when member.first_year > a_first_year
                    then format('{} joined the set between {:d} and {:d}.', member.place, a_first_year, a_last_year)
                else format('{} left the set between {:d} and {:d}.', member.place, a_first_year, a_last_year)
            end
            order by member.place
        ), [])
    from set_member as member
    where
        member.place_set = a_set
        and (
            (member.first_year > a_first_year and member.first_year <= a_last_year)
            or (member.last_year >= a_first_year and member.last_year < a_last_year)
        )
);

-- What sources declare of their own years.
create or replace table declared_change as
with effort (source, begins, first_year, last_year) as (
    -- Changes of effort a source declares without years of their own; the sentence is the source's caveat that begins so.
    values
    ('gva', 'Tagging of confiscations grew sevenfold from 2014 to 2017', 2014, 2017)
)

select
    caveat.source,
    caveat.concepts,
    caveat.places,
    effort.first_year,
    effort.last_year,
    'reporting_effort' as kind,
    caveat.text
from effort
inner join caveat on effort.source = caveat.source and starts_with(caveat.text, effort.begins)
union all
select
    source,
    concepts,
    places,
    first_year,
    last_year,
    'declared_caveat' as kind,
    text
from caveat
where first_year is not null or last_year is not null
order by all;

create or replace macro declared_in(a_source, a_concept, a_first_year, a_last_year, a_kind) as (
    select coalesce(list(format('The source says: {}', said.text) order by said.text), [])
    from declared_change as said
    where
        said.source = a_source
        and said.kind = a_kind
        and (len(said.concepts) = 0 or list_contains(said.concepts, a_concept))
        and coalesce(said.first_year, 0) <= a_last_year
        and coalesce(said.last_year, 9999) >= a_first_year
);
