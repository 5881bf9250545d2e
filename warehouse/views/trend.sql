-- What one source's yearly totals do over time, for a set of places: over all reporters, over those that reported in
-- every year (constant panel), and chained over pairs of years. Each with who reported; nothing is ordered by value.
-- A headline is given only where the three agree. Reads place_set.sql, place_up.

-- The three outcomes may differ by this factor, and must not point in different directions, for a headline.
create or replace macro trend_limit() as 1.25;

-- The one definition of a trend. `points`: series, place, year, value, is_partial, is_unknown, otherwise, as_published.
-- `spans`: series and what is to be said of it, first_year, last_year, n_members, notes. Both are names of relations.
create or replace macro trend_over(points, spans) as table
    with point_in as (
        select
            *,
            otherwise is not null and not as_published as is_other,
            not is_partial and (otherwise is null or as_published) as is_taken
        from query_table(points)
    ),

    taken as (
        select *
        from point_in
        where is_taken
    ),

    reported_year as (
        select
            series,
            year,
            lead(year) over (partition by series order by year) as next_year
        from (
            select distinct
                taken.series,
                taken.year
            from taken
        ) as seen
    ),

    linked as (
        -- Pairs of successive years with figures, over the places with a number in both.
        select
            reported_year.series,
            reported_year.year as first_year,
            reported_year.next_year as last_year,
            count(*) as n,
            sum(a.value) as first_value,
            sum(b.value) as last_value
        from reported_year
        inner join taken as a on reported_year.series = a.series and reported_year.year = a.year
        inner join taken as b on a.series = b.series and a.place = b.place and reported_year.next_year = b.year
        group by all
    ),

    span_year as (
        select
            span.series,
            span.first_year,
            span.last_year,
            count(*) as n_years,
            list_sort(list(reported_year.year)) as years
        from query_table(spans) as span
        inner join reported_year
            on span.series = reported_year.series and reported_year.year between span.first_year and span.last_year
        group by all
    ),

    link as (
        select
            span_year.series,
            span_year.first_year,
            span_year.last_year,
            any_value(span_year.n_years) - 1 = count(*) and min(linked.first_value) > 0 as whole_chain,
            list((linked.last_value / nullif(linked.first_value, 0))::double order by linked.first_year) as factors,
            list({
                'first_year': linked.first_year, 'last_year': linked.last_year, 'n': linked.n,
                'first_value': linked.first_value, 'last_value': linked.last_value
            } order by linked.first_year) as links
        from span_year
        inner join linked
            on
                span_year.series = linked.series
                and span_year.first_year <= linked.first_year
                and span_year.last_year >= linked.last_year
        group by span_year.series, span_year.first_year, span_year.last_year
    ),

    of_place as (
        select
            span.series,
            span.first_year,
            span.last_year,
            point_in.place,
            sum(point_in.value) filter (
                where point_in.year = span.first_year and is_taken
            ) as first_value,
            sum(point_in.value) filter (
                where point_in.year = span.last_year and is_taken
            ) as last_value,
            count(*) filter (where is_taken) as n_years,
            count(*) filter (where is_partial and not is_other) as n_partial,
            count(*) filter (where is_unknown and not is_other) as n_unknown,
            any_value(otherwise) filter (where is_other) as otherwise,
            any_value(otherwise) as otherwise_in
        from query_table(spans) as span
        inner join point_in on span.series = point_in.series and point_in.year between span.first_year and span.last_year
        group by all
    ),

    summed as (
        select
            of_place.series,
            of_place.first_year,
            of_place.last_year,
            count(of_place.first_value) as n_first,
            count(of_place.last_value) as n_last,
            sum(of_place.first_value) as first_all,
            sum(of_place.last_value) as last_all,
            count(*) filter (where in_panel) as n_panel,
            sum(of_place.first_value) filter (where in_panel) as first_panel,
            sum(of_place.last_value) filter (where in_panel) as last_panel,
            list(place order by place) filter (where in_panel) as panel,
            list(place order by place) filter (where of_place.first_value is null and of_place.last_value is not null)
                as entered,
            sum(of_place.last_value) filter (where of_place.first_value is null) as entered_last,
            list(place order by place) filter (where of_place.first_value is not null and of_place.last_value is null)
                as gone,
            sum(of_place.first_value) filter (where of_place.last_value is null) as gone_first,
            list(place order by place) filter (
                where of_place.first_value is not null and of_place.last_value is not null and not in_panel
            ) as interrupted,
            sum(of_place.first_value) filter (where of_place.last_value is not null and not in_panel) as interrupted_first,
            sum(of_place.last_value) filter (where of_place.first_value is not null and not in_panel) as interrupted_last,
            sum(n_partial)::bigint as n_partial,
            sum(n_unknown)::bigint as n_unknown,
            max(years) as years,
            list_distinct(list(otherwise)) as others,
            list(place order by place) filter (where otherwise is not null) as other_places,
            list_distinct(list(otherwise_in)) as others_in
        from (
            select
                of_place.*,
                span_year.years,
                coalesce(
                    of_place.n_years = span_year.n_years
                    and of_place.first_value is not null and of_place.last_value is not null,
                    false
                ) as in_panel
            from of_place
            left join span_year
                on
                    of_place.series = span_year.series
                    and of_place.first_year = span_year.first_year
                    and of_place.last_year = span_year.last_year
        ) as of_place
        group by of_place.series, of_place.first_year, of_place.last_year
    ),

    changed as (
        select
            span.* exclude (notes),
            span.notes,
            summed.* exclude (series, first_year, last_year),
            link.links,
            declared_in(span.source, span.concept, span.first_year, span.last_year, 'reporting_effort') as effort,
            declared_in(span.source, span.concept, span.first_year, span.last_year, 'declared_caveat') as declared,
            relative_change(summed.first_all, summed.last_all) as change_all,
            relative_change(summed.first_panel, summed.last_panel) as change_panel,
            case
                when link.whole_chain and list_contains(summed.years, span.first_year)
                    and list_contains(summed.years, span.last_year)
                    then round(list_aggregate(link.factors, 'product') - 1, 6)::decimal(18, 6)
            end as change_chained
        from query_table(spans) as span
        left join summed
            on span.series = summed.series and span.first_year = summed.first_year and span.last_year = summed.last_year
        left join link
            on span.series = link.series and span.first_year = link.first_year and span.last_year = link.last_year
    ),

    judged as (
        select
            changed.*,
            case
                when coalesce(n_first, 0) = 0
                    then format('No figure that could be added up is held for {:d}.', first_year)
                when coalesce(n_last, 0) = 0
                    then format('No figure that could be added up is held for {:d}.', last_year)
                when len(effort) > 0
                    then said('No headline: the source declares that its effort changed in these years.')
                when n_panel < least(3, n_members)
                    then
                        format(
                            'No headline: {:d} of {:d} place(s) have a figure in every year; at least 3 are asked for.',
                            n_panel, n_members
                        )
                when change_all is null or change_panel is null or change_chained is null
                    then
                        said(
                            'No headline: one of the three cannot be calculated, since a sum it starts from is zero or no'
                            || ' place has figures in both years of a pair.'
                        )
                when
                    greatest(change_all, change_panel, change_chained) > 0
                    and least(change_all, change_panel, change_chained) < 0
                    then said('No headline: the three outcomes do not point in one direction.')
                when
                    1 + greatest(change_all, change_panel, change_chained)
                    > trend_limit() * (1 + least(change_all, change_panel, change_chained))
                    then
                        format(
                            'No headline: the three outcomes lie further apart than a factor of {}.', trend_limit()::varchar
                        )
            end as withheld
        from changed
    )

    select
        * exclude (
            series, notes, effort, declared, others, others_in, other_places, withheld, n_first, n_last, n_panel, panel, entered, gone,
            interrupted, links, years, change_all, change_panel, change_chained, first_all, last_all, first_panel,
            last_panel, entered_last, gone_first, interrupted_first, interrupted_last, n_partial, n_unknown, n_members
        ),
        n_members::bigint as n_members,
        coalesce(n_first, 0) as n_first,
        coalesce(n_last, 0) as n_last,
        first_all,
        last_all,
        change_all,
        coalesce(n_panel, 0) as n_panel,
        first_panel,
        last_panel,
        change_panel,
        change_chained,
        coalesce(links, []) as chain,
        coalesce(panel, []) as panel,
        coalesce(entered, []) as only_last,
        entered_last as only_last_sum,
        coalesce(gone, []) as only_first,
        gone_first as only_first_sum,
        coalesce(interrupted, []) as with_gaps,
        interrupted_first as with_gaps_first,
        interrupted_last as with_gaps_last,
        coalesce(n_partial, 0) as n_partial,
        coalesce(n_unknown, 0) as n_unknown,
        coalesce(other_places, []) as counted_otherwise,
        case when withheld is null then change_panel end as headline,
        list_filter([
            withheld,
            case
                when n_first > 0 and n_last > 0 and (len(entered) > 0 or len(gone) > 0)
                    then
                        format(
                            'All reporters: {} ({:d} places in {:d}, {:d} in {:d}). The same places in every year: {} ({:d}).'
                            || ' They differ because they speak of different places: for {:d} with a figure for {:d} (together {})'
                            || ' no figure that adds up is held for {:d}, and {:d} have one for {:d} only (together {}).',
                            coalesce(change_in_words(change_all), said('not calculable')),
                            n_first, first_year, n_last, last_year,
                            coalesce(change_in_words(change_panel), said('not calculable')),
                            n_panel,
                            coalesce(len(gone), 0), first_year, number_in_words(coalesce(gone_first, 0)),
                            last_year, coalesce(len(entered), 0), last_year, number_in_words(coalesce(entered_last, 0))
                        )
            end,
            case
                when len(interrupted) > 0
                    then
                        format(
                            '{:d} place(s) have figures in both years but not in every year between: {}.',
                            len(interrupted), array_to_string(interrupted, ', ')
                        )
            end,
            case
                when n_panel > 0 and n_panel < n_members
                    then format('The constant panel is {:d} of {:d} places of the set.', n_panel, n_members)
            end,
            case
                when len(years) > 1 and len(years) < years[-1] - years[1] + 1
                    then
                        format(
                            'For {:d} year(s) between, no figure is held; pairs skip them.',
                            years[-1] - years[1] + 1 - len(years)
                        )
            end,
            case
                when n_partial > 0
                    then format('{:d} partial figure(s) were left out: each says only “at least”.', n_partial)
            end,
            case when n_unknown > 0 then format('Whether {:d} of the figures are complete is not known.', n_unknown) end,
            case
                when len(other_places) > 0
                    then format('Left out: {}. {}', array_to_string(other_places, ', '), array_to_string(others, ' '))
            end,
            case
                when as_published and len(others_in) > 0
                    then format('Included as published: {}', array_to_string(others_in, ' '))
            end
        ], lambda reason: reason is not null) || effort || declared || coalesce(notes, []) as reasons
    from judged
    order by source, concept, unit, period_basis, place_set, as_published, first_year, last_year;

-- An ad hoc set of places, any two years. as_published := true takes rows that count something else (counts_as) too.
create or replace macro trend_of(places, a_source, a_concept, a_first_year, a_last_year, as_it_stands := false) as table
    with asked as (
        select distinct unnest(places) as place
    ),

    contained as (
        -- A place that lies in another of the list would be counted twice.
        select distinct asked.place
        from asked
        inner join place_up on asked.place = place_up.place
        inner join asked as wider on place_up.ancestor = wider.place
        where asked.place <> wider.place
    ),

    total as (
        select *
        from yearly_total
        where
            source = a_source
            and concept = a_concept
            and place in (select asked.place from asked)
            and place not in (select contained.place from contained)
    ),

    point as (  -- noqa: ST03
        select
            unit || '|' || period_basis as series,
            place,
            year,
            value,
            is_partial,
            is_unknown,
            otherwise,
            as_it_stands as as_published
        from total
    ),

    kind as (
        select distinct
            unit,
            period_basis
        from total
    ),

    span as (  -- noqa: ST03
        select
            coalesce(kind.unit || '|' || kind.period_basis, '') as series,
            a_source as source,
            a_concept as concept,
            kind.unit,
            kind.period_basis,
            '' as place_set,
            said('places asked for') as set_name,
            as_it_stands as as_published,
            a_first_year::integer as first_year,
            a_last_year::integer as last_year,
            'whole' as span,
            (select count(*) from asked) - (select count(*) from contained) as n_members,
            (
                select
                    coalesce(list(format('{} lies in another place asked for and is not counted twice.', contained.place)
                    order by contained.place), [])
                from contained
            ) as notes
        from (select 1 as one) as always
        left join kind on true
    )

    select * exclude (place_set, set_name, span) from trend_over('point', 'span');

-- A named set with its membership as of each year, any two years.
create or replace macro trend_in(a_set, a_source, a_concept, a_first_year, a_last_year, as_it_stands := false) as table
    with total as (
        select *
        from total_of_set()
        where place_set = a_set and source = a_source and concept = a_concept
    ),

    point as (  -- noqa: ST03
        select
            unit || '|' || period_basis as series,
            place,
            year,
            value,
            is_partial,
            is_unknown,
            otherwise,
            as_it_stands as as_published
        from total
    ),

    kind as (
        select distinct
            unit,
            period_basis
        from total
    ),

    span as (  -- noqa: ST03
        select
            coalesce(kind.unit || '|' || kind.period_basis, '') as series,
            a_source as source,
            a_concept as concept,
            kind.unit,
            kind.period_basis,
            a_set as place_set,
            (
                select any_value(set_member.set_name)
                from set_member
                where set_member.place_set = a_set
            ) as set_name,
            as_it_stands as as_published,
            a_first_year::integer as first_year,
            a_last_year::integer as last_year,
            'whole' as span,
            members_of_set(a_set, a_last_year::integer) as n_members,
            membership_notes(a_set, a_first_year::integer, a_last_year::integer) as notes
        from (select 1 as one) as always
        left join kind on true
    )

    select * exclude (span) from trend_over('point', 'span');

-- Every named set: successive years with figures, and the whole span.
create or replace table trend as
with published as (
    select unnest([false, true]) as as_published
),

total as (
    select
        *,
        max(otherwise) over (partition by source, concept, unit, period_basis, place_set) is not null as has_other
    from total_of_set()
),

point as (  -- noqa: ST03
    select
        concat_ws('|', total.source, total.concept, total.unit, total.period_basis, total.place_set, published.as_published)
            as series,
        total.* exclude (has_other),
        published.as_published
    from total
    cross join published
    where total.has_other or not published.as_published
),

reported as (
    select distinct
        series,
        source,
        concept,
        unit,
        period_basis,
        place_set,
        set_name,
        as_published,
        year
    from point
    where not is_partial and (as_published or otherwise is null)
),

stretch as (
    select
        * exclude (year),
        year as first_year,
        lead(year) over (partition by series order by year) as last_year,
        'successive' as span
    from reported
    union all
    select
        * exclude (year),
        min(year) as first_year,
        max(year) as last_year,
        'whole' as span
    from reported
    group by all
    having count(*) > 2
),

span_of_set as (
    -- The members of a set are asked for once per set and years.
    select distinct
        place_set,
        first_year,
        last_year
    from stretch
    where last_year is not null
),

said_of_set as (
    select
        *,
        members_of_set(span_of_set.place_set, span_of_set.last_year) as n_members,
        membership_notes(span_of_set.place_set, span_of_set.first_year, span_of_set.last_year) as notes
    from span_of_set
),

span as (  -- noqa: ST03
    select
        stretch.*,
        said_of_set.n_members,
        said_of_set.notes
    from stretch
    inner join said_of_set
        on
            stretch.place_set = said_of_set.place_set
            and stretch.first_year = said_of_set.first_year
            and stretch.last_year = said_of_set.last_year
)

select * from trend_over('point', 'span');
