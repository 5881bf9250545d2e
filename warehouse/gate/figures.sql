-- One row per part of figure: how many figures it holds, and how many of them break a rule.
-- Reads part (from the manifest), figure_part (all figures, with the file they stand in), reach, rule.

with judged as (
    select
        figure_part.*,
        rule.absent,
        reach.covered,
        coalesce(period_start < reach.first_day or period_end > reach.last_day, false) as reaches_out
    from figure_part
    left join reach on figure_part.source = reach.source
    left join rule on figure_part.source = rule.source
),

counted as (
    select
        filename,
        count(*) as figures,
        count_if(n_rows is null or n_rows < 1) as without_row,
        count_if(
            figure_id is null or source is null or place is null or period is null or period_start is null
            or period_end is null or concept is null or unit is null or dimension is null or category is null
        ) as without_key,
        count_if(value is null or value < 0) as without_number,
        count_if(period_end < period_start) as backwards,
        count_if(coalesce(completeness not in ('complete', 'partial', 'unknown'), true)) as other_word,
        count_if(
            (completeness <> 'partial' and (n_parts < n_expected or reaches_out))
            or (completeness = 'partial' and n_parts >= n_expected and not reaches_out and covered)
            or (completeness = 'unknown' and not (derived and absent = 'unknown'))
        ) as wrong_word,
        count_if(
            derived and n_rows > 1
            and unit in ('percent', 'score_1_10', 'weapon_per_100_people', 'rate_per_100k')
        ) as shares_added,
        count_if(not coalesce(derived, true) and n_rows > 1) as added_as_stated
    from judged
    group by all
)

select
    part.name,
    part.rows as promised,
    coalesce(figures, 0) as figures,
    abs(part.rows - coalesce(figures, 0)) as missing,
    coalesce(without_row, 0) as without_row,
    coalesce(without_key, 0) as without_key,
    coalesce(without_number, 0) as without_number,
    coalesce(backwards, 0) as backwards,
    coalesce(other_word, 0) as other_word,
    coalesce(wrong_word, 0) as wrong_word,
    coalesce(shares_added, 0) as shares_added,
    coalesce(added_as_stated, 0) as added_as_stated
from part
left join counted on part.path = counted.filename
where part.view = 'figure'
order by part.name;
