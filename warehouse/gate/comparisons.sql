-- One row per part of comparison: how many comparisons it holds, and how many of them break a rule.
-- Reads part, comparison_part, figure_part, opened_part.

with side as (
    select
        filename,
        figure_a as figure_id
    from comparison_part
    union all
    select
        filename,
        figure_b as figure_id
    from comparison_part
),

astray as (
    select
        side.filename,
        count(*) as sides
    from side
    anti join figure_part on side.figure_id = figure_part.figure_id
    anti join opened_part on side.figure_id = opened_part.figure_id
    group by all
),

counted as (
    select
        filename,
        count(*) as comparisons,
        count_if(coalesce(source_a >= source_b, true)) as out_of_order,
        count_if(
            coalesce(verdict not in ('comparable', 'with_caveat', 'rank_only', 'not_comparable'), true)
        ) as other_word,
        count_if(
            coalesce(verdict not in ('comparable', 'with_caveat'), true)
            and (difference is not null or ratio is not null or ratio_low is not null or ratio_high is not null)
        ) as set_against,
        count_if(
            verdict in ('comparable', 'with_caveat') and difference is distinct from value_a - value_b
        ) as wrong_difference,
        count_if(coalesce(verdict <> 'comparable', true) and coalesce(len(reasons), 0) = 0) as without_reason,
        count_if(verdict = 'comparable' and len(reasons) > 0) as with_reason,
        count_if(
            verdict in ('comparable', 'with_caveat')
            and (
                ratio is distinct from case when ratio is not null then (value_a / nullif(value_b, 0))::double end
                or (ratio is not null and least(value_a, value_b) < 10)
                or (ratio_low is null) <> (ratio_high is null)
                or (ratio_low is not null and not coalesce(ratio between ratio_low and ratio_high, false))
                or (ratio_low is not null and same_origin)
            )
        ) as wrong_ratio
    from comparison_part
    group by all
)

select
    part.name,
    part.rows as promised,
    coalesce(comparisons, 0) as comparisons,
    abs(part.rows - coalesce(comparisons, 0)) as missing,
    2 * coalesce(comparisons, 0) as sides,
    coalesce(astray.sides, 0) as without_figure,
    coalesce(out_of_order, 0) as out_of_order,
    coalesce(other_word, 0) as other_word,
    coalesce(set_against, 0) as set_against,
    coalesce(wrong_difference, 0) as wrong_difference,
    coalesce(without_reason, 0) as without_reason,
    coalesce(with_reason, 0) as with_reason,
    coalesce(wrong_ratio, 0) as wrong_ratio
from part
left join counted on part.path = counted.filename
left join astray on part.path = astray.filename
where part.view = 'comparison'
order by part.name;
