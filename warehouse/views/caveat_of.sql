-- What must be said beside a number, by what the number is of. Every page, export and lineage asks the one macro
-- caveats_of; for each published view a file of warehouse/exports shows how. Reads caveat, definition, place_up,
-- set_member (place_set.sql).

create or replace table caveat_of as
with named as (
    select
        source,
        number,
        unnest(places) as named_place
    from caveat
),

touched as (
    -- A caveat about a place concerns what lies in it, what it lies in, and the sets it is a member of.
    select
        named.source,
        named.number,
        place_up.ancestor as place,
        0 as first_year,
        9999 as last_year
    from named
    inner join place_up on named.named_place = place_up.place
    union
    select
        named.source,
        named.number,
        place_up.place,
        0 as first_year,
        9999 as last_year
    from named
    inner join place_up on named.named_place = place_up.ancestor
    union
    select
        named.source,
        named.number,
        set_member.place_set as place,
        set_member.first_year,
        set_member.last_year
    from named
    inner join set_member on named.named_place = set_member.place
    union
    select
        named.source,
        named.number,
        set_member.place,
        set_member.first_year,
        set_member.last_year
    from named
    inner join set_member on named.named_place = set_member.place_set
)

select
    caveat.source,
    caveat.number,
    caveat.text,
    concept.concept,
    touched.place,
    greatest(coalesce(caveat.first_year, 0), coalesce(touched.first_year, 0)) as first_year,
    least(coalesce(caveat.last_year, 9999), coalesce(touched.last_year, 9999)) as last_year
from caveat
left join touched on caveat.source = touched.source and caveat.number = touched.number
left join lateral (select unnest(caveat.concepts) as concept) as concept on true
where len(caveat.places) = 0 or touched.place is not null
order by all;

-- Of numbers over all places or concepts, where those are null: then every caveat that could concern them.
create or replace macro caveats_of(a_source, a_concept, a_place, a_first_year, a_last_year) as (
    select coalesce(list(found.text order by found.number), [])
    from (
        select distinct
            caveat_of.number,
            caveat_of.text
        from caveat_of
        where
            caveat_of.source = a_source
            and coalesce(caveat_of.concept, a_concept, '') = coalesce(a_concept, caveat_of.concept, '')
            and coalesce(caveat_of.place, a_place, '') = coalesce(a_place, caveat_of.place, '')
            and caveat_of.first_year <= a_last_year
            and caveat_of.last_year >= a_first_year
    ) as found
);

-- What a source means by a concept, in the words of its declaration.
create or replace macro definitions_of(a_source, a_concept) as (
    select coalesce(list(definition.text order by definition.definition_id), [])
    from definition
    where definition.source = a_source and definition.concept = a_concept
);

comment on table caveat_of is 'Each caveat with what it concerns; concept and place are empty where it holds of all. Macro caveats_of asks it.';
comment on column caveat_of.place is 'The place it names, one in it, one around it, or a set it is a member of; empty for all.';
comment on column caveat_of.first_year is 'First year it holds of; 0 where it has none.';
comment on column caveat_of.last_year is 'Last year it holds of; 9999 where it has none.';
