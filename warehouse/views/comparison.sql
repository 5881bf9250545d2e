-- Two sources' figures for the same place, period and category, side by side; never merged, never ranked.
-- The verdict is refused with its reasons wherever the two do not count the same thing. Takes the names of two
-- relations shaped like figure; reads concept_pair, counts_as, definition, same_origin. Things that concept_pair does
-- not name together are set side by side only where every_pair is asked for, and then refused.

-- Each figure with what it counts by its own stated origin, and what its definition leaves out or leaves open.
create or replace macro side_of(figures) as table
    select
        figure.*,
        coalesce(counts_as.counts_as, figure.concept) as counted,
        counts_as.reason as origin_reason,
        counts_as.counts_as is not null as origin_known,
        counts_as.taken_from,
        definition.subset_of,
        definition.unstated
    from query_table(figures) as figure
    left join counts_as
        on
            figure.source = counts_as.source
            and figure.origin_label = counts_as.origin_label
            and figure.concept = counts_as.concept
    left join definition
        on figure.source = definition.source and figure.definition_id = definition.definition_id
    where figure.value is not null;

create or replace macro comparison_of(figures_a, figures_b, every_pair := false) as table
    with either_way as (
        select
            concept_a,
            concept_b,
            ceiling,
            reason
        from concept_pair
        union
        select
            concept_b as concept_a,
            concept_a as concept_b,
            ceiling,
            reason
        from concept_pair
    ),

    pair as (
        select
            a.figure_id as figure_a,
            b.figure_id as figure_b,
            a.source as source_a,
            b.source as source_b,
            a.provenance as provenance_a,
            b.provenance as provenance_b,
            a.concept as concept_a,
            b.concept as concept_b,
            a.unit as unit_a,
            b.unit as unit_b,
            a.place,
            a.place_level,
            a.counterpart,
            a.counterpart_role,
            a.period,
            a.period_start,
            a.period_end,
            a.period_kind,
            a.period_basis as basis_a,
            b.period_basis as basis_b,
            a.dimension,
            a.category,
            a.value as value_a,
            b.value as value_b,
            a.completeness as completeness_a,
            b.completeness as completeness_b,
            a.mapping_relation as relation_a,
            b.mapping_relation as relation_b,
            a.obs_status as status_a,
            b.obs_status as status_b,
            a.whole_period as whole_a,
            b.whole_period as whole_b,
            a.boundary_version as boundaries_a,
            b.boundary_version as boundaries_b,
            a.counted as counted_a,
            b.counted as counted_b,
            either_way.ceiling,
            either_way.reason as pair_reason,
            a.origin_reason as origin_reason_a,
            b.origin_reason as origin_reason_b,
            -- A row that says it counts something else is refused, unless the other counts just that.
            a.counted = b.counted and a.origin_known as origin_fits_a,
            a.counted = b.counted and b.origin_known as origin_fits_b,
            a.unstated as unstated_a,
            b.unstated as unstated_b,
            a.subset_of as subset_a,
            b.subset_of as subset_b,
            same_origin.same_origin or coalesce(a.taken_from = b.source, false) or coalesce(b.taken_from = a.source, false)
                as same_origin
        from side_of(figures_a) as a
        inner join side_of(figures_b) as b
            on
                a.source < b.source
                and a.place = b.place
                and a.period_start = b.period_start
                and a.period_end = b.period_end
                and a.dimension = b.dimension
                and a.category = b.category
                -- Variants keep rows of one source apart; across sources only whole codes are compared.
                and a.variant = ''
                and b.variant = ''
                and coalesce(a.counterpart, '') = coalesce(b.counterpart, '')
                and coalesce(a.counterpart_role, '') = coalesce(b.counterpart_role, '')
        inner join same_origin on a.source = same_origin.source_a and b.source = same_origin.source_b
        left join either_way on a.counted = either_way.concept_a and b.counted = either_way.concept_b
        where every_pair or either_way.ceiling is not null
    ),

    reasoned as (
        select
            pair.*,
            list_filter([
                pair_reason,
                case
                    when counted_a <> counted_b and pair_reason is null
                        then format('{} and {} are different things.', counted_a, counted_b)
                end,
                case when not origin_fits_a then origin_reason_a end,
                case when not origin_fits_b then origin_reason_b end,
                case
                    when unit_a <> unit_b then format('The two count in different units: {} and {}.', unit_a, unit_b)
                end,
                case
                    when not whole_a then format('The file of {} does not reach over the whole of {}.', source_a, period)
                end,
                case
                    when not whole_b then format('The file of {} does not reach over the whole of {}.', source_b, period)
                end,
                case
                    when (basis_a = 'average') <> (basis_b = 'average')
                        then said('One is an average over the period, the other is not.')
                end,
                case
                    when subset_a is distinct from subset_b and subset_a is not null
                        then format('{} covers only {}.', source_a, subset_a)
                end,
                case
                    when subset_a is distinct from subset_b and subset_b is not null
                        then format('{} covers only {}.', source_b, subset_b)
                end,
                case
                    when relation_a = 'relatedMatch'
                        then format('The published category of {} is only related to the one compared.', source_a)
                end,
                case
                    when relation_b = 'relatedMatch'
                        then format('The published category of {} is only related to the one compared.', source_b)
                end
            ], lambda reason: reason is not null) as refusals,
            list_filter([
                case when origin_fits_a then origin_reason_a end,
                case when origin_fits_b then origin_reason_b end,
                case
                    when basis_a <> basis_b
                        then format('The two use different kinds of year: {} and {}.', basis_a, basis_b)
                end,
                case
                    when boundaries_a <> boundaries_b
                        then
                            format(
                                'The two draw the place by different boundaries: {} and {}.', boundaries_a, boundaries_b
                            )
                end,
                case
                    when completeness_a = 'partial' then format('{} is partial: at least this number.', source_a)
                    when completeness_a = 'unknown' then format('Whether {} is complete is not known.', source_a)
                end,
                case
                    when completeness_b = 'partial' then format('{} is partial: at least this number.', source_b)
                    when completeness_b = 'unknown' then format('Whether {} is complete is not known.', source_b)
                end,
                case relation_a
                    when 'broadMatch' then format('The published category of {} is only part of the one compared.', source_a)
                    when 'narrowMatch' then format('The published category of {} holds more than the one compared.', source_a)
                    when 'closeMatch' then format('The published category of {} is close to the one compared.', source_a)
                end,
                case relation_b
                    when 'broadMatch' then format('The published category of {} is only part of the one compared.', source_b)
                    when 'narrowMatch' then format('The published category of {} holds more than the one compared.', source_b)
                    when 'closeMatch' then format('The published category of {} is close to the one compared.', source_b)
                end,
                case
                    when status_a in ('E', 'I', 'P', 'U', 'V', 'B', 'D')
                        then format('{} marks its number with status {}.', source_a, status_a)
                end,
                case
                    when status_b in ('E', 'I', 'P', 'U', 'V', 'B', 'D')
                        then format('{} marks its number with status {}.', source_b, status_b)
                end,
                format('{} does not state {}.', source_a, unstated_a),
                format('{} does not state {}.', source_b, unstated_b),
                case when least(value_a, value_b) < 10 then said('One of the numbers is below 10: no ratio is given.') end,
                case
                    when same_origin then said('Both go back to the same records, so agreement proves nothing about either.')
                end
            ], lambda reason: reason is not null) as cautions
        from pair
    ),

    judged as (
        select
            reasoned.*,
            case
                when ceiling = 'rank_only' then 'rank_only'
                when len(refusals) > 0 then 'not_comparable'
                when len(cautions) > 0 then 'with_caveat'
                else 'comparable'
            end as verdict
        from reasoned
    ),

    -- How far the two scatter about their common ratio beyond chance: Pearson's dispersion of a given a + b, never
    -- below 1, over the periods they share.
    common as (
        select
            judged.*,
            verdict in ('comparable', 'with_caveat') as given,
            sum(value_a) over series / nullif(sum(value_a + value_b) over series, 0) as share_of_a,
            count(*) over series as years
        from judged
        window
            series as (
                partition by
                    source_a, source_b, concept_a, concept_b, unit_a, unit_b, place, counterpart, counterpart_role,
                    dimension, category, period_kind, basis_a, basis_b, verdict
            )
    ),

    spread as (
        select
            common.*,
            greatest(1, sum(
                pow((value_a - (value_a + value_b) * share_of_a)::double, 2)
                / nullif((value_a + value_b) * share_of_a * (1 - share_of_a), 0)::double
            ) over series / nullif(years - 1, 0)) as dispersion
        from common
        window
            series as (
                partition by
                    source_a, source_b, concept_a, concept_b, unit_a, unit_b, place, counterpart, counterpart_role,
                    dimension, category, period_kind, basis_a, basis_b, verdict
            )
    ),

    interval_of as (
        -- Wald interval of the log ratio of two counts, widened by the dispersion; only for counts of independent
        -- sources with at least five periods in common.
        select
            spread.*,
            case when given and least(value_a, value_b) >= 10 then (value_a / value_b)::double end as ratio,
            case
                when
                    given and least(value_a, value_b) >= 10 and years >= 5 and not same_origin
                    and unit_a not in ('percent', 'score_1_10', 'weapon_per_100_people', 'rate_per_100k')
                    then 1.959964 * sqrt(dispersion * (1 / value_a::double + 1 / value_b::double))
            end as half_width
        from spread
    )

    select
        figure_a,
        figure_b,
        source_a,
        source_b,
        provenance_a,
        provenance_b,
        concept_a,
        concept_b,
        unit_a,
        unit_b,
        place,
        place_level,
        counterpart,
        counterpart_role,
        period,
        period_start,
        period_end,
        case when basis_a = basis_b then basis_a else basis_a || '/' || basis_b end as period_basis,
        dimension,
        category,
        value_a,
        value_b,
        case when given then value_a - value_b end as difference,
        ratio,
        -- An interval wider than a factor of ten either way says that there is no steady ratio: none is given.
        case when half_width <= ln(10) then ratio * exp(-half_width) end as ratio_low,
        case when half_width <= ln(10) then ratio * exp(half_width) end as ratio_high,
        verdict,
        same_origin,
        refusals || cautions as reasons
    from interval_of
    order by figure_a, figure_b;
