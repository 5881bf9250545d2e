-- What the page Region builds on. Every other query of it reads these macros; they are made anew on each connection.

-- The places of a set: of a named one, with the years of their membership (as of 31 December), or those given.
-- `nested` marks what lies in another of the places given: it is shown, and never added to it.
create or replace temp macro in_set(a_set, some_places) as table
    select
        place,
        first_year,
        last_year,
        false as nested
    from set_member
    where place_set = a_set
    union all
    select
        given.place,
        0 as first_year,
        9999 as last_year,
        exists(
            select 1 from place_up
            where
                place_up.place = given.place
                and place_up.ancestor <> given.place
                and list_contains(some_places::varchar[], place_up.ancestor)
        ) as nested
    from (
        select distinct asked.place
        from (select unnest(some_places::varchar[]) as place) as asked
    ) as given
    where a_set is null;

-- Sources by what stands before the colon of their title, unless two of them share it.
create or replace temp macro source_name() as table
    select
        * exclude (short),
        case when count(*) over (partition by short) > 1 then title else short end as name
    from (
        select
            *,
            split_part(title, ':', 1) as short
        from source
    ) as titled;

-- Yearly totals of the places of a set, and whether a sum over them may take each.
create or replace temp macro total_in_set(a_set, some_places, a_source, a_concept, as_it_stands) as table
    select
        total.*,
        not total.is_partial and not member.nested and (total.otherwise is null or as_it_stands) as is_taken
    from yearly_total as total
    inner join in_set(a_set, some_places) as member
        on total.place = member.place and total.year between member.first_year and member.last_year
    where total.source = a_source and total.concept = a_concept;

-- Which sources speak of the places of a set, and of which years: a figure of their own, or a sum that could be made.
create or replace temp macro speaking_of(a_set, some_places, a_concept, a_first, a_last) as table
    select
        coverage.source,
        coverage.concept,
        coverage.place,
        coverage.year
    from coverage
    inner join in_set(a_set, some_places) as member
        on coverage.place = member.place and coverage.year between member.first_year and member.last_year
    where coverage.concept = a_concept and coverage.n_figures > 0 and coverage.year between a_first and a_last
    union
    select
        total.source,
        total.concept,
        total.place,
        total.year
    from yearly_total as total
    inner join in_set(a_set, some_places) as member
        on total.place = member.place and total.year between member.first_year and member.last_year
    where total.concept = a_concept and total.year between a_first and a_last;
