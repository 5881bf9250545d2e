-- Two sources over an ad hoc set of places and years, in either order. Without what takes many thousand repetitions:
-- no interval of the order of places, and no model of trends.
create or replace macro agreement_of(places, a_source, another_source, a_concept, a_first_year, a_last_year) as table
    with asked as (
        select distinct unnest(places) as place
    ),

    contained as (
        -- A place that lies in another of the list would count twice.
        select distinct asked.place
        from asked
        inner join place_up on asked.place = place_up.place
        inner join asked as wider on place_up.ancestor = wider.place
        where asked.place <> wider.place
    ),

    member as (  -- noqa: ST03
        select
            '' as place_set,
            '' as set_name,
            null::varchar as place_level,
            asked.place,
            0 as first_year,
            9999 as last_year
        from asked
        where asked.place not in (select contained.place from contained)
    ),

    wanted as (  -- noqa: ST03
        select *
        from figure
        where
            source in (a_source, another_source)
            and place in (select member.place from member)
            and year(period_start) between a_first_year and a_last_year
    ),

    sides as (  -- noqa: ST03
        select *
        from yearly_figure('wanted')
    ),

    compared as (  -- noqa: ST03
        select *
        from comparison_of('sides', 'sides', every_pair := true)
    ),

    series as (  -- noqa: ST03
        select *
        from agreement_series('sides', 'compared', 'member', a_first_year, a_last_year)
        where concept_a = a_concept or concept_b = a_concept
    ),

    nothing as (  -- noqa: ST03
        select
            null::varchar as series,
            null::varchar as statistic,
            null::bigint as n,
            null::double as value,
            null::double as low,
            null::double as high,
            null::varchar as failed
        where false
    ),

    found as (
        select * exclude (place_set, set_name, place_level)
        from agreement_over('series', 'nothing')
    )

    select *
    from found
    union all by name
    select
        least(a_source, another_source) as source_a,
        greatest(a_source, another_source) as source_b,
        a_first_year as first_year,
        a_last_year as last_year,
        []::varchar[] as reasons,
        said('No figures of both sources that could stand side by side are held for these places and years.') as withheld
    where not exists (select 1 as one from found);
