-- One row per part of protected figures: how many it holds, and how many of them break a rule.
-- Reads part, protected_part, opened_part, figure_part, tier_part (tier, file), rule.

with own_figure as (
    -- Of a source with stricter columns the protected figures are made of what it is without them.
    select
        source,
        figure_id,
        value
    from opened_part
    union all
    select
        figure_part.source,
        figure_part.figure_id,
        figure_part.value
    from figure_part
    where figure_part.source not in (select opened_part.source from opened_part)
),

told as (
    select
        protected_part.*,
        own_figure.value as own_value,
        own_figure.figure_id is null as without_own
    from protected_part
    left join own_figure
        on protected_part.source = own_figure.source and protected_part.figure_id = own_figure.figure_id
),

counted as (
    select
        told.filename,
        count(*) as figures,
        count_if((obs_status = 'Q') is distinct from (value is null)) as half_withheld,
        count_if(
            low is not null or high is not null or n_rows is not null or n_parts is not null or n_expected is not null
            or snapshot is not null or footnote is not null or origin_label is not null
        ) as gives_away,
        count_if(value is not null and (without_own or value is distinct from own_value)) as other_value,
        count_if(
            period_kind <> 'year' or counterpart is not null or variant <> ''
            or not coalesce(list_contains(rule.place_levels, place_level), false)
            or place_level not in ('country', 'admin1', 'admin2', 'city')
        ) as too_fine,
        count(*) - count(distinct figure_id) as again
    from told
    left join rule on told.source = rule.source
    group by told.filename
),

read_twice as (
    -- A tier that could read a source's own figures and the opened or protected ones as well.
    select
        part.name,
        count(*) as tiers
    from part
    inner join tier_part on part.file = tier_part.file
    inner join part as own on part.name = own.name and own.view in ('figure', 'opened')
    inner join tier_part as beside on own.file = beside.file and tier_part.tier = beside.tier
    where part.view = 'protected'
    group by part.name
),

pattern_read as (
    select
        part.name,
        count(*) as tiers
    from part
    inner join tier_part on part.file = tier_part.file
    where part.view = 'pattern'
    group by part.name
)

select
    part.name,
    part.rows as promised,
    coalesce(counted.figures, 0) as figures,
    abs(part.rows - coalesce(counted.figures, 0)) as missing,
    coalesce(counted.half_withheld, 0) as half_withheld,
    coalesce(counted.gives_away, 0) as gives_away,
    coalesce(counted.other_value, 0) as other_value,
    coalesce(counted.too_fine, 0) as too_fine,
    coalesce(counted.again, 0) as again,
    coalesce(read_twice.tiers, 0) + coalesce(pattern_read.tiers, 0) as read_wrongly
from part
left join counted on part.path = counted.filename
left join read_twice on part.name = read_twice.name
left join pattern_read on part.name = pattern_read.name
where part.view = 'protected'
order by part.name;
