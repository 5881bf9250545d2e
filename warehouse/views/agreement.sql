-- Statistics of the pairs of numbers that agreement_series.sql lets enter, with the reason where one is withheld. What
-- SQL cannot work out comes from agreement.py. Reads agreement_series.sql, macros/statistics.sql.

create or replace macro agreement_round(a_number) as round(a_number, 4)::decimal(18, 4);

-- One row per statistic. `series` and `computed` are names of relations: agreement_series, and what agreement.py worked
-- out for it (series, statistic, n, value, low, high, failed).
create or replace macro agreement_over(series, computed) as table
    with measured as (
        select
            *,
            bland_altman(list_transform(
                range(1, n_places + 1), lambda i: ln((means_a[i] + 0.5) / (means_b[i] + 0.5))
            )) as logs,
            concordance(
                list_transform(means_a, lambda number: ln(number + 0.5)),
                list_transform(means_b, lambda number: ln(number + 0.5))
            ) as concordant,
            kendall_tau_b(means_a, means_b) as tau
        from query_table(series)
    ),

    stated as (
        select
            measured.*,
            listed.statistic,
            case listed.statistic
                when 'geometric_mean_ratio' then withheld_ratio
                when 'kendall_tau_b' then withheld_tau
                when 'concordance' then withheld_concordance
                when 'direction' then withheld_direction
                when 'trend_ratio'
                    then
                        coalesce(
                            withheld_trend,
                            result.failed,
                            case
                                when result.series is null
                                    then said('A trend is worked out only for sets of places that have a name.')
                            end
                        )
            end as withheld,
            case listed.statistic
                when 'direction' then n_changes
                when 'trend_ratio' then coalesce(result.n, n_entered)
                else n_places
            end as n,
            case listed.statistic
                when 'geometric_mean_ratio' then exp(logs['mean'])
                when 'kendall_tau_b' then tau
                when 'concordance' then concordant
                when 'direction' then n_agreeing / nullif(n_changes, 0)
                else result.value
            end as value_of,
            case listed.statistic when 'geometric_mean_ratio' then exp(logs['low']) else result.low end as low_of,
            case listed.statistic when 'geometric_mean_ratio' then exp(logs['high']) else result.high end as high_of,
            case
                when listed.statistic = 'kendall_tau_b'
                    then
                        coalesce(
                            result.failed,
                            case
                                when result.series is null
                                    then said('An interval is worked out only for sets of places that have a name.')
                            end
                        )
            end as without_interval
        from measured
        cross join (
            values ('geometric_mean_ratio'), ('kendall_tau_b'), ('concordance'), ('direction'), ('trend_ratio')
        ) as listed (statistic)
        left join query_table(computed) as result
            on measured.series = result.series and listed.statistic = result.statistic
    )

    select
        place_set,
        set_name,
        place_level,
        source_a,
        source_b,
        concept_a,
        concept_b,
        unit_a,
        unit_b,
        case when basis_a = basis_b then basis_a else basis_a || '/' || basis_b end as period_basis,
        first_year,
        last_year,
        same_origin,
        statistic,
        n,
        case when withheld is null then agreement_round(value_of) end as value,
        case when withheld is null then agreement_round(low_of) end as low,
        case when withheld is null then agreement_round(high_of) end as high,
        withheld,
        case when statistic = 'direction' then n_agreeing end as n_agreeing,
        case when statistic = 'direction' then n_ties end as n_ties,
        case statistic
            when 'geometric_mean_ratio' then n_small_places
            when 'concordance' then n_small_places
            when 'direction' then n_small_changes
        end as n_small,
        n_places,
        n_years,
        n_place_years,
        n_both,
        n_only_a,
        n_only_b,
        n_none,
        n_entered,
        n_partial,
        n_refused,
        coverage,
        places,
        list_filter([
            case when withheld is null then without_interval end,
            case
                when withheld is null and same_origin
                    then said('Both go back to the same records, so agreement proves nothing about either.')
            end,
            case
                when n_partial > 0
                    then format('{:d} pair(s) were left out as partial: each says only “at least”.', n_partial)
            end,
            case
                when statistic = 'direction' and withheld is null and n_small_changes > 0
                    then
                        format(
                            '{:d} change(s) were left out: with a number below 10, which way it goes is mostly chance.',
                            n_small_changes
                        )
            end,
            case
                when statistic in ('geometric_mean_ratio', 'concordance') and withheld is null and n_small_places > 0
                    then format('In {:d} of the places a number is below 10.', n_small_places)
            end
        ], lambda reason: reason is not null) || said || effort || declared as reasons
    from stated
    order by place_set, source_a, source_b, concept_a, concept_b, unit_a, unit_b, period_basis, statistic;
