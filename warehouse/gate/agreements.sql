-- One row per part of agreement: how many statistics it holds, and how many of them break a rule.
-- Reads part, agreement_part.

with counted as (
    select
        filename,
        count(*) as agreements,
        count_if(coalesce(
            n_place_years <> n_both + n_only_a + n_only_b + n_none
            or n_both <> n_entered + n_partial + n_refused
            or least(n_only_a, n_only_b, n_none, n_entered, n_partial, n_refused) < 0,
            true
        )) as does_not_add_up,
        count_if(
            (value is null) <> (withheld is not null)
            or (withheld is not null and (low is not null or high is not null))
        ) as not_one_of_two,
        count_if(coalesce(
            low > high
            or (statistic in ('geometric_mean_ratio', 'trend_ratio') and (value < low or value > high or value < 0))
            or (statistic in ('kendall_tau_b', 'concordance') and abs(value) > 1)
            or (statistic = 'direction' and (value < 0 or value > 1 or n_agreeing > n)),
            false
        )) as beyond_limits,
        count_if(value is not null and same_origin and statistic <> 'geometric_mean_ratio') as of_copies
    from agreement_part
    group by all
)

select
    part.name,
    part.rows as promised,
    coalesce(agreements, 0) as agreements,
    abs(part.rows - coalesce(agreements, 0)) as missing,
    coalesce(does_not_add_up, 0) as does_not_add_up,
    coalesce(not_one_of_two, 0) as not_one_of_two,
    coalesce(beyond_limits, 0) as beyond_limits,
    coalesce(of_copies, 0) as of_copies
from part
left join counted on part.path = counted.filename
where part.view = 'agreement'
order by part.name;
