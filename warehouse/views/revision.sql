-- What a newer release of one source says of the cells of the older one. Reads cell_of_file (cells of each file, one
-- file at a time), revision_pair (which file follows which), rule, place. Cells meet only under the same key: two files
-- that label their periods differently are not matched on the year, and that is said. A missing number is not zero.

create or replace temp table revision as
with side as (
    select
        revision_pair.snapshot_old,
        revision_pair.snapshot_new,
        cell_of_file.*
    from revision_pair
    inner join cell_of_file on cell_of_file.snapshot in (revision_pair.snapshot_old, revision_pair.snapshot_new)
),

-- Which kinds of year each file uses for each thing counted.
basis as (
    select
        snapshot_old,
        snapshot_new,
        concept,
        unit,
        list_sort(list(distinct period_basis) filter (where snapshot = snapshot_old)) as bases_old,
        list_sort(list(distinct period_basis) filter (where snapshot = snapshot_new)) as bases_new
    from side
    group by all
),

older as (
    select * from side
    where snapshot = snapshot_old
),

newer as (
    select * from side
    where snapshot = snapshot_new
),

matched as (
    select
        coalesce(o.snapshot_old, n.snapshot_old) as snapshot_old,
        coalesce(o.snapshot_new, n.snapshot_new) as snapshot_new,
        coalesce(o.concept, n.concept) as concept,
        coalesce(o.unit, n.unit) as unit,
        coalesce(o.place, n.place) as place,
        coalesce(o.counterpart, n.counterpart) as counterpart,
        coalesce(o.counterpart_role, n.counterpart_role) as counterpart_role,
        coalesce(o.period_kind, n.period_kind) as period_kind,
        coalesce(o.period_start, n.period_start) as period_start,
        coalesce(o.period_end, n.period_end) as period_end,
        coalesce(o.period_basis, n.period_basis) as period_basis,
        coalesce(o.dimension, n.dimension) as dimension,
        coalesce(o.category, n.category) as category,
        coalesce(o.variant, n.variant) as variant,
        o.value as value_old,
        n.value as value_new,
        o.obs_status as obs_status_old,
        n.obs_status as obs_status_new
    from older as o
    full outer join newer as n
        on
            o.snapshot_old = n.snapshot_old
            and o.snapshot_new = n.snapshot_new
            and o.concept = n.concept
            and o.unit = n.unit
            and o.place = n.place
            and o.counterpart is not distinct from n.counterpart
            and o.counterpart_role is not distinct from n.counterpart_role
            and o.period_kind = n.period_kind
            and o.period_start = n.period_start
            and o.period_end = n.period_end
            and o.period_basis = n.period_basis
            and o.dimension = n.dimension
            and o.category = n.category
            and o.variant = n.variant
),

told as (
    select
        matched.*,
        case period_kind
            when 'year' then strftime(period_start, '%Y')
            when 'quarter' then strftime(period_start, '%Y') || '-Q' || quarter(period_start)
            when 'month' then strftime(period_start, '%Y-%m')
            when 'average' then strftime(period_start, '%Y') || '/' || strftime(period_end, '%Y')
            else strftime(period_start, '%Y-%m-%d')
        end as period,
        case
            when bases_old is null or bases_new is null then false
            else not (list_contains(bases_old, period_basis) and list_contains(bases_new, period_basis))
        end as other_basis,
        bases_old,
        bases_new
    from matched
    inner join basis
        on
            matched.snapshot_old = basis.snapshot_old
            and matched.snapshot_new = basis.snapshot_new
            and matched.concept = basis.concept
            and matched.unit = basis.unit
    where value_old is not null or value_new is not null
)

select
    left(sha256(concat_ws(
        '|', rule.source, concept, unit, told.place, coalesce(counterpart, ''), coalesce(counterpart_role, ''),
        period, period_basis, dimension, category, variant
    )), 16) as figure_id,
    rule.source,
    concept,
    unit,
    told.place::varchar as place,
    place.name as place_name,
    counterpart::varchar as counterpart,
    counterpart_role,
    period,
    period_start,
    period_end,
    period_basis,
    dimension,
    category,
    variant,
    snapshot_old,
    snapshot_new,
    value_old,
    value_new,
    obs_status_old,
    obs_status_new,
    case
        when other_basis then 'not_matched'
        when value_old is null then 'added'
        when value_new is null then 'gone'
        when value_old = value_new then 'unchanged'
        else 'changed'
    end as change,
    case
        when other_basis
            then
                format(
                    'Not matched: the older file labels its periods as {}, the newer as {}.'
                    || ' The same year in both need not mean the same period.',
                    array_to_string(bases_old, ', '), array_to_string(bases_new, ', ')
                )
        when value_old is null and obs_status_old is not null then said('Listed without a number before.')
        when value_new is null and obs_status_new is not null then said('Still listed, but without a number.')
    end as reason
from told
cross join rule
left join place on told.place = place.code
order by snapshot_old, snapshot_new, figure_id;
