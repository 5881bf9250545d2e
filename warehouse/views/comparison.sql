-- Two sources' figures for the same place, period and category, side by side; never merged, never ranked.
-- The verdict is refused with its reasons wherever the two do not count the same thing. Takes the names of two
-- relations shaped like figure; reads concept_pair, counts_as, definition, same_origin.

create or replace macro comparison_of(figures_a, figures_b) as table
    with pair as (
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
            case
                when a.period_basis = b.period_basis then a.period_basis else a.period_basis || '/' || b.period_basis
            end
                as period_basis,
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
            concept_pair.ceiling,
            concept_pair.reason as pair_reason,
            origin_a.counts_as as origin_counts_a,
            origin_b.counts_as as origin_counts_b,
            origin_a.reason as origin_reason_a,
            origin_b.reason as origin_reason_b,
            subset_a.unstated as unstated_a,
            subset_b.unstated as unstated_b,
            subset_a.subset_of as subset_a,
            subset_b.subset_of as subset_b
        from query_table(figures_a) as a
        inner join query_table(figures_b) as b
            on
                a.source < b.source
                and a.place = b.place
                and a.period_start = b.period_start
                and a.period_end = b.period_end
                and a.dimension = b.dimension
                and a.category = b.category
                and a.variant = b.variant
                and coalesce(a.counterpart, '') = coalesce(b.counterpart, '')
                and coalesce(a.counterpart_role, '') = coalesce(b.counterpart_role, '')
        inner join concept_pair
            on
                (a.concept = concept_pair.concept_a and b.concept = concept_pair.concept_b)
                or (b.concept = concept_pair.concept_a and a.concept = concept_pair.concept_b)
        left join counts_as as origin_a
            on a.source = origin_a.source and a.origin_label = origin_a.origin_label and a.concept = origin_a.concept
        left join counts_as as origin_b
            on b.source = origin_b.source and b.origin_label = origin_b.origin_label and b.concept = origin_b.concept
        left join definition as subset_a on a.definition_id = subset_a.definition_id
        left join definition as subset_b on b.definition_id = subset_b.definition_id
    ),

    reasoned as (
        select
            pair.*,
            same_origin.same_origin,
            list_filter([
                case when concept_a <> concept_b then pair_reason end,
                origin_reason_a,
                origin_reason_b,
                case
                    when
                        unit_a <> unit_b
                        then format('The two count in different units: {} and {}.', unit_a, unit_b)
                end,
                case
                    when
                        not whole_a
                        then format('The file of {} does not reach over the whole of {}.', pair.source_a, period)
                end,
                case
                    when
                        not whole_b
                        then format('The file of {} does not reach over the whole of {}.', pair.source_b, period)
                end,
                case
                    when subset_a is distinct from subset_b and subset_a is not null
                        then format('{} covers only {}.', pair.source_a, subset_a)
                end,
                case
                    when subset_a is distinct from subset_b and subset_b is not null
                        then format('{} covers only {}.', pair.source_b, subset_b)
                end
            ], lambda reason: reason is not null) as refusals,
            list_filter([
                case when contains(period_basis, '/') then said('The two use different kinds of year.') end,
                case
                    when completeness_a = 'partial' then format('{} is partial: at least this number.', pair.source_a)
                    when completeness_a = 'unknown' then format('Whether {} is complete is not known.', pair.source_a)
                end,
                case
                    when completeness_b = 'partial' then format('{} is partial: at least this number.', pair.source_b)
                    when completeness_b = 'unknown' then format('Whether {} is complete is not known.', pair.source_b)
                end,
                case
                    when relation_a <> 'exactMatch' or relation_b <> 'exactMatch'
                        then said('A published category is only part of the one compared, or the other way round.')
                end,
                case
                    when status_a in ('E', 'I', 'P', 'U', 'V', 'B', 'D')
                        then format('{} marks its number with status {}.', pair.source_a, status_a)
                end,
                case
                    when status_b in ('E', 'I', 'P', 'U', 'V', 'B', 'D')
                        then format('{} marks its number with status {}.', pair.source_b, status_b)
                end,
                case when unstated_a is not null then format('{} does not state {}.', pair.source_a, unstated_a) end,
                case when unstated_b is not null then format('{} does not state {}.', pair.source_b, unstated_b) end,
                case when least(value_a, value_b) < 10 then said('One of the numbers is below 10: no ratio is given.') end,
                case
                    when same_origin.same_origin
                        then said('Both go back to the same records, so agreement proves nothing about either.')
                end
            ], lambda reason: reason is not null) as cautions
        from pair
        inner join same_origin on pair.source_a = same_origin.source_a and pair.source_b = same_origin.source_b
    ),

    judged as (
        select
            reasoned.*,
            case
                when ceiling = 'rank_only' then 'rank_only'
                when len(refusals) > 0 or ceiling = 'not_comparable' then 'not_comparable'
                when len(cautions) > 0 then 'with_caveat'
                else 'comparable'
            end as verdict
        from reasoned
    ),

    -- How far the two scatter about their common ratio beyond chance: Pearson's dispersion of a given a + b, never
    -- below 1, over the years they share.
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
                    source_a, source_b, concept_a, concept_b, place, counterpart, dimension, category, verdict,
                    period_end - period_start > 366
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
                    source_a, source_b, concept_a, concept_b, place, counterpart, dimension, category, verdict,
                    period_end - period_start > 366
            )
    ),

    interval_of as (
        -- Wald interval of the log ratio of two counts, widened by the dispersion; only for counts of independent
        -- sources with at least five years in common.
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
        period_basis,
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
