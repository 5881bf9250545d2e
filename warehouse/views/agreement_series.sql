-- How far two sources agree over a set of places: how their levels compare, whether they put places in the same order,
-- whether they move in the same direction, and what each holds. Only pairs of figures whose comparison allows it enter;
-- the others are counted with their reasons. No place and no source is taken for the true one.
-- Reads comparison.sql, place_set.sql, macros/statistics.sql, place,
-- place_up, concept_pair.

-- Fewer places, or fewer years for a model of trends, and the result is withheld.
create or replace macro agreement_places() as 8;
create or replace macro agreement_years() as 4;

-- Below this, a ratio is mostly chance.
create or replace macro agreement_small() as 10;

-- The figures that can enter: totals of a year over all counterparts.
create or replace macro yearly_figure(figures) as table
    select
        *,
        year(period_start)::integer as year,
        completeness = 'partial' or not whole_period as is_partial
    from query_table(figures)
    where
        period_kind = 'year'
        and dimension = 'total'
        and category = 'TOTAL'
        and variant = ''
        and counterpart is null
        and counterpart_role is null
        and value is not null;

-- Things of which the figures may stand side by side, either way round: the same, and those often set beside each other.
create or replace macro agreement_concept() as table
    select
        concept_a,
        concept_b
    from concept_pair
    where concept_a = concept_b or beside = 'yes'
    union
    select
        concept_b as concept_a,
        concept_a as concept_b
    from concept_pair
    where beside = 'yes';

-- The pairs of sources that have such a figure for one place and year of concepts that may stand side by side.
create or replace macro agreement_pair(yearly) as table
    select distinct
        a.source as source_a,
        b.source as source_b
    from query_table(yearly) as a
    inner join query_table(yearly) as b on a.source < b.source and a.place = b.place and a.year = b.year
    inner join agreement_concept() as things on a.concept = things.concept_a and b.concept = things.concept_b
    order by source_a, source_b;

-- Named sets, and the second-level places of a first-level place.
create or replace macro agreement_member() as table
    select
        place_set,
        set_name,
        place_level,
        place,
        first_year,
        last_year
    from set_member
    union all
    select
        place_up.ancestor as place_set,
        format('Second-level places of {}', above.name) as set_name,
        place.level as place_level,
        place.code as place,
        0 as first_year,
        9999 as last_year
    from place
    inner join place_up on place.code = place_up.place and place_up.ancestor_level = 'admin1'
    inner join place as above on place_up.ancestor = above.code
    where place.level = 'admin2' and place.kind <> 'own_register';

-- One row per set and pair of concepts of two sources: what each holds, which pairs enter, and why a statistic is
-- withheld. Names of relations: `sides` (yearly_figure of both), `compared` (comparison_of them), `members`
-- (agreement_member). Without years asked for: those that both sources reach in the set.
create or replace macro agreement_series(sides, compared, members, asked_first_year, asked_last_year) as table
    with point as (
        select
            side.*,
            member.place_set,
            member.set_name,
            member.place_level as level_of_set
        from query_table(sides) as side
        inner join query_table(members) as member
            on side.place = member.place and side.year between member.first_year and member.last_year
    ),

    kind as (
        select
            place_set,
            any_value(set_name) as set_name,
            any_value(level_of_set) as place_level,
            source,
            concept,
            unit,
            period_basis,
            min(year) as first_year,
            max(year) as last_year
        from point
        group by place_set, source, concept, unit, period_basis
    ),

    series as (
        select
            concat_ws(
                '|', a.place_set, a.source, b.source, a.concept, b.concept, a.unit, b.unit, a.period_basis, b.period_basis
            ) as series,
            a.place_set,
            a.set_name,
            a.place_level,
            a.source as source_a,
            b.source as source_b,
            a.concept as concept_a,
            b.concept as concept_b,
            a.unit as unit_a,
            b.unit as unit_b,
            a.period_basis as basis_a,
            b.period_basis as basis_b,
            coalesce(asked_first_year, greatest(a.first_year, b.first_year))::integer as first_year,
            coalesce(asked_last_year, least(a.last_year, b.last_year))::integer as last_year
        from kind as a
        inner join kind as b on a.place_set = b.place_set and a.source < b.source
        inner join agreement_concept() as things on a.concept = things.concept_a and b.concept = things.concept_b
    ),

    side_of_cell as (
        select
            series.series,
            point.place,
            point.year,
            min(point.figure_id) filter (where point.source = series.source_a) as figure_a,
            min(point.figure_id) filter (where point.source = series.source_b) as figure_b,
            arg_min(point.value, point.figure_id) filter (where point.source = series.source_a)::double as value_a,
            arg_min(point.value, point.figure_id) filter (where point.source = series.source_b)::double as value_b,
            bool_or(point.is_partial) as is_partial
        from series
        inner join point
            on
                series.place_set = point.place_set
                and point.year between series.first_year and series.last_year
                and (
                    (
                        series.source_a = point.source and series.concept_a = point.concept
                        and series.unit_a = point.unit and series.basis_a = point.period_basis
                    )
                    or (
                        series.source_b = point.source and series.concept_b = point.concept
                        and series.unit_b = point.unit and series.basis_b = point.period_basis
                    )
                )
        group by series.series, point.place, point.year
    ),

    cell as (
        -- A place and year of which at least one of the two holds a number. A zero is a number.
        select
            side.*,
            compared.verdict,
            compared.same_origin,
            compared.reasons,
            case
                when side.figure_b is null then 'only_a'
                when side.figure_a is null then 'only_b'
                when compared.verdict is null or compared.verdict not in ('comparable', 'with_caveat') then 'refused'
                when side.is_partial then 'partial'
                else 'entered'
            end as fate
        from side_of_cell as side
        left join query_table(compared) as compared
            on side.figure_a = compared.figure_a and side.figure_b = compared.figure_b
    ),

    member_year as (
        select
            series.series,
            asked.year::integer as year,
            count(*) as n_members
        from series
        cross join lateral (select unnest(range(series.first_year, series.last_year + 1)) as year) as asked
        inner join query_table(members) as member
            on series.place_set = member.place_set and asked.year between member.first_year and member.last_year
        group by series.series, asked.year
    ),

    held_year as (
        select
            series,
            year,
            count(*) filter (where fate not in ('only_a', 'only_b')) as n_both,
            count(*) filter (where fate = 'only_a') as n_only_a,
            count(*) filter (where fate = 'only_b') as n_only_b,
            count(*) filter (where fate = 'entered') as n_entered,
            count(*) filter (where fate = 'partial') as n_partial,
            count(*) filter (where fate = 'refused') as n_refused
        from cell
        group by series, year
    ),

    covered as (
        select
            member_year.series,
            sum(member_year.n_members)::bigint as n_place_years,
            coalesce(sum(held_year.n_both), 0)::bigint as n_both,
            coalesce(sum(held_year.n_only_a), 0)::bigint as n_only_a,
            coalesce(sum(held_year.n_only_b), 0)::bigint as n_only_b,
            coalesce(sum(held_year.n_entered), 0)::bigint as n_entered,
            coalesce(sum(held_year.n_partial), 0)::bigint as n_partial,
            coalesce(sum(held_year.n_refused), 0)::bigint as n_refused,
            list({
                'year': member_year.year,
                'places': member_year.n_members,
                'both': coalesce(held_year.n_both, 0),
                'only_a': coalesce(held_year.n_only_a, 0),
                'only_b': coalesce(held_year.n_only_b, 0),
                'none': member_year.n_members - coalesce(held_year.n_both + held_year.n_only_a + held_year.n_only_b, 0)
            } order by member_year.year) as coverage
        from member_year
        left join held_year on member_year.series = held_year.series and member_year.year = held_year.year
        group by member_year.series
    ),

    entered as (
        select
            *,
            lag(year) over place_of_series as year_before,
            lag(value_a) over place_of_series as before_a,
            lag(value_b) over place_of_series as before_b
        from cell
        where fate = 'entered'
        window place_of_series as (partition by series, place order by year)
    ),

    of_place as (
        -- One pair of numbers per place: its mean over the years in which both count.
        select
            series,
            place,
            sum(value_a) / count(*) as mean_a,
            sum(value_b) / count(*) as mean_b
        from entered
        group by series, place
    ),

    places as (
        select
            series,
            count(*) as n_places,
            count(*) filter (where least(mean_a, mean_b) < agreement_small()) as n_small_places,
            list(place order by place) as places,
            list(mean_a order by place) as means_a,
            list(mean_b order by place) as means_b
        from of_place
        group by series
    ),

    changed as (
        -- Changes of a place from one year to the next; with a number below ten, which way it goes is mostly chance.
        select
            series,
            least(value_a, value_b, before_a, before_b) < agreement_small() as is_small,
            sign(value_a - before_a) as way_a,
            sign(value_b - before_b) as way_b
        from entered
        where year = year_before + 1
    ),

    changes as (
        select
            series,
            count(*) filter (where is_small) as n_small_changes,
            count(*) filter (where not is_small and (way_a = 0 or way_b = 0)) as n_ties,
            count(*) filter (where not is_small and way_a <> 0 and way_b <> 0) as n_changes,
            count(*) filter (where not is_small and way_a <> 0 and way_a = way_b) as n_agreeing
        from changed
        group by series
    ),

    numbers as (
        select
            series,
            count(distinct year) as n_years,
            bool_and(verdict = 'comparable') as all_comparable,
            list({
                'place': place, 'year': year, 'a': value_a, 'b': value_b
            } order by place, year) as points
        from entered
        group by series
    ),

    origin as (
        select
            series,
            bool_or(same_origin) as same_origin
        from cell
        group by series
    ),

    said as (
        select
            series,
            list(
                case fate
                    when 'refused' then format('{:d} pair(s) left out: {}', n, reason)
                    else format('{:d} pair(s) that enter: {}', n, reason)
                end
                order by fate = 'entered', reason
            ) as said
        from (
            select
                series,
                fate,
                reason,
                count(*) as n
            from (
                select
                    cell.series,
                    cell.fate,
                    unnest(coalesce(
                        cell.reasons, [said('The two do not begin and end on the same days.')]
                    )) as reason
                from cell
                where cell.fate in ('refused', 'entered')
            ) as one
            where
                reason not in (
                    said('One of the numbers is below 10: no ratio is given.'),
                    said('Both go back to the same records, so agreement proves nothing about either.')
                )
            group by series, fate, reason
        ) as counted
        group by series
    ),

    joined as (
        select
            series.*,
            covered.* exclude (series),
            covered.n_place_years - covered.n_both - covered.n_only_a - covered.n_only_b as n_none,
            coalesce(origin.same_origin, false) as same_origin,
            coalesce(places.n_places, 0) as n_places,
            coalesce(numbers.n_years, 0) as n_years,
            coalesce(places.n_small_places, 0) as n_small_places,
            coalesce(places.places, []) as places,
            places.means_a,
            places.means_b,
            numbers.points,
            numbers.all_comparable,
            coalesce(changes.n_small_changes, 0) as n_small_changes,
            coalesce(changes.n_ties, 0) as n_ties,
            coalesce(changes.n_changes, 0) as n_changes,
            coalesce(changes.n_agreeing, 0) as n_agreeing,
            coalesce(said.said, []) as said,
            declared_in(series.source_a, series.concept_a, series.first_year, series.last_year, 'reporting_effort')
            || declared_in(series.source_b, series.concept_b, series.first_year, series.last_year, 'reporting_effort')
                as effort,
            declared_in(series.source_a, series.concept_a, series.first_year, series.last_year, 'declared_caveat')
            || declared_in(series.source_b, series.concept_b, series.first_year, series.last_year, 'declared_caveat')
                as declared
        from series
        inner join covered on series.series = covered.series
        left join origin on series.series = origin.series
        left join places on series.series = places.series
        left join numbers on series.series = numbers.series
        left join changes on series.series = changes.series
        left join said on series.series = said.series
    ),

    barred as (
        -- What speaks against every statistic, and against all but the ratio.
        select
            *,
            case
                when n_both = 0 then said('No place has a figure of both sources for the same year.')
                when n_entered + n_partial = 0
                    then format('None of the {:d} pair(s) of figures may be set against each other.', n_both)
                when unit_a in ('percent', 'score_1_10', 'weapon_per_100_people', 'rate_per_100k')
                    then said('The two give shares, scores or rates, not counts.')
            end as barred,
            case
                when n_entered = 0 then said('All pairs that may be compared are partial: each says only “at least”.')
                when n_places < agreement_places()
                    then
                        format(
                            '{:d} place(s) have figures of both sources that may be compared; at least {:d} are asked for.',
                            n_places, agreement_places()
                        )
            end as too_few,
            case
                when 2 * n_small_places > n_places
                    then
                        format(
                            'In {:d} of {:d} places a number is below 10, so that a ratio would be mostly chance.',
                            n_small_places, n_places
                        )
            end as too_small,
            case
                when same_origin then said('Both go back to the same records, so agreement proves nothing about either.')
            end as copied,
            case
                when len(effort) > 0 then said('A source declares that its effort changed in these years.')
            end as changed_effort
        from joined
    )

    select
        * exclude (barred, too_few, too_small, copied, changed_effort),
        coalesce(barred, too_few, too_small) as withheld_ratio,
        coalesce(
            barred,
            copied,
            too_few,
            case
                when list_unique(means_a) = 1 or list_unique(means_b) = 1
                    then said('In one of the sources all places have the same number, so that they have no order.')
            end
        ) as withheld_tau,
        coalesce(
            barred,
            copied,
            too_few,
            case
                when not all_comparable
                    then said('Levels need only agree where every pair is comparable without a caveat.')
            end,
            too_small,
            case
                when concordance(means_a, means_b) is null
                    then said('All places have one and the same number in both sources.')
            end
        ) as withheld_concordance,
        coalesce(
            barred,
            copied,
            too_few,
            changed_effort,
            case
                when n_changes < agreement_places()
                    then
                        format(
                            '{:d} change(s) from one year to the next can be compared; at least {:d} are asked for.',
                            n_changes, agreement_places()
                        )
            end
        ) as withheld_direction,
        coalesce(
            barred,
            copied,
            too_few,
            changed_effort,
            case
                when n_years < agreement_years()
                    then
                        format(
                            'Only {:d} year(s) have pairs that enter; at least {:d} are asked for.', n_years, agreement_years()
                        )
            end
        ) as withheld_trend
    from barred;
