-- What part of a whole one category is, under three weightings: pooled, pooled without the place that contributes
-- most, and the mean of the places' own shares. A place counts where it states the category (zero is a statement) and
-- its categories of that dimension add up to more than zero; the whole is that sum, not the total stated elsewhere.
-- Reads figure, place_up, place_set.sql, counts_as.

-- How far the three may lie apart for a headline, as a share of 1.
create or replace macro share_limit() as 0.1;

-- Each place's categories of one year, with the whole they are part of, among the figures of a table given by its name.
create or replace macro part_of_whole(levels, figures := 'figure') as table
    with broader (category, narrower) as (
        values
        ('x_HANDGUN', 'PISTOL'),
        ('x_HANDGUN', 'REVOLVER'),
        ('x_LONG_GUN', 'RIFLE'),
        ('x_LONG_GUN', 'SHOTGUN'),
        ('x_LONG_GUN', 'SMG'),
        ('x_LONG_GUN', 'MG')
    ),

    yearly as (
        select
            figure.source,
            figure.concept,
            figure.unit,
            figure.period_basis,
            figure.place,
            figure.place_level,
            year(figure.period_start)::integer as year,
            figure.dimension,
            figure.category,
            figure.value,
            figure.derived,
            figure.completeness = 'partial' or not figure.whole_period as is_partial,
            figure.completeness = 'unknown' as is_unknown,
            counts_as.reason as otherwise
        from query_table(figures) as figure
        left join counts_as
            on
                figure.source = counts_as.source
                and figure.origin_label = counts_as.origin_label
                and figure.concept = counts_as.concept
        where
            list_contains(levels, figure.place_level)
            and (figure.dimension = 'total' or figure.category <> 'TOTAL')
            and figure.variant = ''
            and figure.counterpart is null
            and figure.period_kind = 'year'
            and figure.value is not null
            and figure.unit not in ('percent', 'score_1_10', 'weapon_per_100_people', 'rate_per_100k')
    ),

    doubled as (
        -- A broader category that the commons added up from narrower ones is in the whole already.
        select
            wide.source,
            wide.concept,
            wide.unit,
            wide.period_basis,
            wide.place,
            wide.year,
            wide.dimension,
            wide.category
        from yearly as wide
        inner join broader on wide.category = broader.category
        inner join yearly as narrow
            on
                wide.source = narrow.source
                and wide.concept = narrow.concept
                and wide.unit = narrow.unit
                and wide.period_basis = narrow.period_basis
                and wide.place = narrow.place
                and wide.year = narrow.year
                and wide.dimension = narrow.dimension
                and broader.narrower = narrow.category
        where wide.derived
        group by all
        having sum(narrow.value) = any_value(wide.value)
    ),

    marked as (
        select
            yearly.*,
            doubled.category is not null as is_doubled
        from yearly
        left join doubled
            on
                yearly.source = doubled.source
                and yearly.concept = doubled.concept
                and yearly.unit = doubled.unit
                and yearly.period_basis = doubled.period_basis
                and yearly.place = doubled.place
                and yearly.year = doubled.year
                and yearly.dimension = doubled.dimension
                and yearly.category = doubled.category
    )

    select
        part.source,
        part.concept,
        part.unit,
        part.period_basis,
        part.place,
        part.place_level,
        part.year,
        part.dimension,
        part.category,
        part.value as part,
        sum(part.value) filter (where not part.is_doubled) over whole as whole,
        part.is_partial or coalesce(bool_or(part.is_partial) filter (where not part.is_doubled) over whole, false) as is_partial,
        part.is_unknown or coalesce(bool_or(part.is_unknown) filter (where not part.is_doubled) over whole, false) as is_unknown,
        coalesce(part.otherwise, max(part.otherwise) over whole) as otherwise,
        total.value as total
    from marked as part
    left join marked as total
        on
            total.dimension = 'total'
            and total.category = 'TOTAL'
            and part.source = total.source
            and part.concept = total.concept
            and part.unit = total.unit
            and part.period_basis = total.period_basis
            and part.place = total.place
            and part.year = total.year
    where part.dimension <> 'total'
    window
        whole as (
            partition by
                part.source, part.concept, part.unit, part.period_basis, part.place, part.year, part.dimension
        );

-- The one definition of a share. `pieces` is the name of a relation: what the share is of (source, concept, unit,
-- period_basis, place_set, set_name, dimension, category, as_published, first_year, last_year, n_members), and place,
-- part, whole, total, is_partial, is_unknown, otherwise. Years of a place are added up before anything is divided.
create or replace macro share_over(pieces) as table
    with of_place as (
        select
            source,
            concept,
            unit,
            period_basis,
            place_set,
            set_name,
            dimension,
            category,
            as_published,
            first_year,
            last_year,
            n_members,
            place,
            sum(part) filter (where taken) as part,
            sum(whole) filter (where taken) as whole,
            coalesce(bool_or(total is not null and total <> whole) filter (where taken), false) as differs,
            count(*) filter (where is_partial and not other) as n_partial,
            count(*) filter (where is_unknown and taken) as n_unknown,
            any_value(otherwise) filter (where other) as left_out,
            any_value(otherwise) as otherwise
        from (
            select
                *,
                otherwise is not null and not as_published as other,
                not is_partial and (otherwise is null or as_published) as taken
            from query_table(pieces)
        ) as piece
        group by all
    ),

    most as (
        select
            *,
            max(whole) over (
                partition by
                    source, concept, unit, period_basis, place_set, dimension, category, as_published, first_year, last_year
            ) as most_whole
        from of_place
    ),

    largest as (
        -- The place with the largest whole; of several, the first by code.
        select
            *,
            coalesce(
                whole > 0 and place = min(place) filter (where whole = most_whole) over (
                    partition by
                        source, concept, unit, period_basis, place_set, dimension, category, as_published, first_year, last_year
                ),
                false
            ) as is_largest
        from most
    ),

    summed as (
        select
            source,
            concept,
            unit,
            period_basis,
            place_set,
            set_name,
            dimension,
            category,
            as_published,
            first_year,
            last_year,
            n_members,
            count(*) filter (where whole > 0) as n_places,
            list(place order by place) filter (where whole > 0) as places,
            count(*) filter (where whole = 0) as n_whole_zero,
            count(*) filter (where whole > 0 and part = 0) as n_part_zero,
            count(*) filter (where differs) as n_total_differs,
            sum(n_partial)::bigint as n_partial,
            sum(n_unknown)::bigint as n_unknown,
            sum(part) filter (where whole > 0) as part,
            sum(whole) filter (where whole > 0) as whole,
            any_value(place) filter (where is_largest) as largest_contributor,
            sum(part) filter (where whole > 0 and not is_largest) as part_without_largest,
            sum(whole) filter (where whole > 0 and not is_largest) as whole_without_largest,
            round(avg((part / whole)::double order by place) filter (where whole > 0), 6)::decimal(18, 6) as mean_of_places,
            list(place order by place) filter (where left_out is not null) as counted_otherwise,
            list_distinct(list(left_out)) as others,
            list_distinct(list(otherwise)) as others_in
        from largest
        group by all
    ),

    divided as (
        select
            *,
            round(part / whole, 6)::decimal(18, 6) as pooled,
            round(part_without_largest / whole_without_largest, 6)::decimal(18, 6) as pooled_without_largest
        from summed
    ),

    judged as (
        select
            *,
            case
                when n_places = 0 then said('No place of the set states this category and a whole above zero.')
                when n_places < least(3, n_members)
                    then format('No headline: {:d} of {:d} place(s) state it; at least 3 are asked for.', n_places, n_members)
                when
                    greatest(pooled, coalesce(pooled_without_largest, pooled), mean_of_places)
                    - least(pooled, coalesce(pooled_without_largest, pooled), mean_of_places) > share_limit()
                    then
                        format(
                            'No headline: the three weightings lie more than {:d} percentage points apart.',
                            (100 * share_limit())::integer
                        )
            end as withheld
        from divided
    )

    select
        source,
        concept,
        unit,
        period_basis,
        place_set,
        set_name,
        dimension,
        category,
        as_published,
        first_year,
        last_year,
        n_members,
        n_places,
        part,
        whole,
        pooled,
        largest_contributor,
        part_without_largest,
        whole_without_largest,
        pooled_without_largest,
        mean_of_places,
        case when withheld is null then pooled end as headline,
        n_part_zero,
        n_whole_zero,
        n_total_differs,
        n_partial,
        n_unknown,
        coalesce(places, []) as places,
        coalesce(counted_otherwise, []) as counted_otherwise,
        list_filter([
            withheld,
            case
                when n_places > 1
                    then
                        format(
                            'All pooled counts every firearm alike, so that places with many weigh most'
                            || ' (here {} holds {} of {}); the mean counts every place alike.',
                            largest_contributor, number_in_words(whole - whole_without_largest), number_in_words(whole)
                        )
            end,
            case
                when n_whole_zero > 0
                    then
                        format(
                            '{:d} place(s) state a whole of zero: a part of zero has no size, so they are left out.', n_whole_zero
                        )
            end,
            case
                when n_total_differs > 0
                    then
                        format(
                            'For {:d} place(s) the categories do not add up to the stated total;'
                            || ' the whole is the sum of the categories.',
                            n_total_differs
                        )
            end,
            case when n_partial > 0 then format('{:d} partial yearly figure(s) were left out.', n_partial) end,
            case when n_unknown > 0 then format('Whether {:d} of the figures are complete is not known.', n_unknown) end,
            case
                when len(counted_otherwise) > 0
                    then format('Left out: {}. {}', array_to_string(counted_otherwise, ', '), array_to_string(others, ' '))
            end,
            case
                when as_published and len(others_in) > 0
                    then format('Included as published: {}', array_to_string(others_in, ' '))
            end
        ], lambda reason: reason is not null) as reasons
    from judged
    order by source, concept, unit, period_basis, place_set, dimension, category, as_published, first_year, last_year;

-- An ad hoc set of places over any years. Without a category: every one the dimension has.
create or replace macro share_of(
    places, a_source, a_concept, a_dimension, a_category, a_first_year, a_last_year, as_it_stands := false
) as table
    with asked as (
        select distinct unnest(places) as place
    ),

    contained as (
        select distinct asked.place
        from asked
        inner join place_up on asked.place = place_up.place
        inner join asked as wider on place_up.ancestor = wider.place
        where asked.place <> wider.place
    ),

    -- Only these are read: a release may hold millions of others.
    stated as (  -- noqa: ST03
        select *
        from figure
        where source = a_source and concept = a_concept and place in (select asked.place from asked)
    ),

    piece as (  -- noqa: ST03
        select
            * exclude (year),
            '' as place_set,
            said('places asked for') as set_name,
            as_it_stands as as_published,
            a_first_year::integer as first_year,
            a_last_year::integer as last_year,
            (select count(*) from asked) - (select count(*) from contained) as n_members
        from part_of_whole(['country', 'admin1', 'admin2', 'city', 'area', 'site'], figures := 'stated')
        where
            dimension = a_dimension
            and (a_category is null or category = a_category)
            and year between a_first_year::integer and a_last_year::integer
            and place not in (select contained.place from contained)
    )

    select * exclude (place_set, set_name) from share_over('piece');

-- A named set, its members as of each year. Without a category: every one the dimension has.
create or replace macro share_in(
    a_set, a_source, a_concept, a_dimension, a_category, a_first_year, a_last_year, as_it_stands := false
) as table
    with stated as (  -- noqa: ST03
        select *
        from figure
        where source = a_source and concept = a_concept
    ),

    piece as (  -- noqa: ST03
        select
            part_of_whole.* exclude (year),
            set_member.place_set,
            set_member.set_name,
            as_it_stands as as_published,
            a_first_year::integer as first_year,
            a_last_year::integer as last_year,
            members_of_set(a_set, a_last_year::integer) as n_members
        from part_of_whole(['country', 'admin1'], figures := 'stated') as part_of_whole
        inner join set_member
            on
                part_of_whole.place = set_member.place
                and part_of_whole.place_level = set_member.place_level
                and part_of_whole.year between set_member.first_year and set_member.last_year
        where
            set_member.place_set = a_set
            and part_of_whole.dimension = a_dimension
            and (a_category is null or part_of_whole.category = a_category)
            and part_of_whole.year between a_first_year::integer and a_last_year::integer
    )

    select * from share_over('piece');

-- Firearm types of every named set, year by year.
create or replace table share as
with published as (
    select unnest([false, true]) as as_published
),

in_set as (
    select
        part_of_whole.*,
        set_member.place_set,
        set_member.set_name,
        max(part_of_whole.otherwise) over (
            partition by
                part_of_whole.source, part_of_whole.concept, part_of_whole.unit, part_of_whole.period_basis,
                set_member.place_set, part_of_whole.category
        ) is not null as has_other
    from part_of_whole(['country', 'admin1']) as part_of_whole
    inner join set_member
        on
            part_of_whole.place = set_member.place
            and part_of_whole.place_level = set_member.place_level
            and part_of_whole.year between set_member.first_year and set_member.last_year
    where part_of_whole.dimension = 'firearm_type'
),

set_year as (
    select
        place_set,
        year,
        members_of_set(asked.place_set, asked.year) as n_members
    from (
        select distinct
            in_set.place_set,
            in_set.year
        from in_set
    ) as asked
),

piece as (  -- noqa: ST03
    select
        in_set.* exclude (year, has_other),
        in_set.year as first_year,
        in_set.year as last_year,
        published.as_published,
        set_year.n_members
    from in_set
    inner join set_year on in_set.place_set = set_year.place_set and in_set.year = set_year.year
    cross join published
    where in_set.has_other or not published.as_published
)

select * from share_over('piece');
