-- What each incident adds to one source's sums by year: the finest rows from which disclosure control starts.
-- Reads source_row_kept and item_source (kept.sql), event, kept_file, rule, and the variable informants (column,
-- independent or one). An observation that counts incidents stands for as many as its value; any other row for one.
-- A category '' is what has no code of that dimension: never published, but the rest of a total.

create or replace temp table contribution as
with happened as (
    select
        item_source.concept,
        item_source.unit,
        item_source.place,
        date_trunc('year', item_source.period_start)::date as period_start,
        'calendar' as period_basis,
        item_source.firearm_type,
        item_source.condition,
        item_source.legal_justification,
        item_source.variant,
        item_source.quantity as value,
        item_source.file || '/' || coalesce(event.incident_key, item_source.event_key) as incident,
        -- Whoever is not named may be one and the same.
        coalesce(event.informant_key, '') as informant_key
    from item_source
    inner join kept_file on item_source.file = kept_file.file
    inner join event
        on
            kept_file.snapshot = event.snapshot
            and item_source.event_key = event.event_key
    cross join rule
    where
        item_source.quantity is not null
        and list_contains(rule.period_kinds, 'year')
        and (item_source.variant = '' or item_source.firearm_type is not null or rule.variants)
),

split as (
    select
        * exclude (firearm_type, condition, legal_justification, variant),
        'total' as dimension,
        'TOTAL' as category
    from happened
    union all by name
    select
        happened.* exclude (firearm_type, condition, legal_justification, variant),
        'firearm_type' as dimension,
        case when happened.variant = '' or rule.variants then coalesce(happened.firearm_type, '') else '' end as category
    from happened
    cross join rule
    union all by name
    select
        * exclude (firearm_type, condition, legal_justification, variant),
        'condition' as dimension,
        coalesce(condition, '') as category
    from happened
    union all by name
    select
        * exclude (firearm_type, condition, legal_justification, variant),
        'legal_justification' as dimension,
        coalesce(legal_justification, '') as category
    from happened
),

stated as (
    select
        row.concept,
        row.unit,
        row.place,
        case when row.period_kind = 'year' then row.period_start else date_trunc('year', row.period_start)::date end
            as period_start,
        row.period_basis,
        row.dimension,
        row.category,
        row.value,
        concat_ws('/', row.file, row.source_row, row.source_column) as incident,
        '' as informant_key,
        case when row.unit in ('incident', 'seizure_case', 'offence') then row.value end as counted
    from source_row_kept as row
    cross join rule
    where
        row.value is not null
        and (row.counterpart is null or rule.counterparts)
        and (row.variant = '' or rule.variants)
        and row.unit not in ('percent', 'score_1_10', 'weapon_per_100_people', 'rate_per_100k')
        and (
            row.period_kind = 'year'
            or (row.period_kind in ('day', 'month', 'quarter') and list_contains(rule.period_kinds, 'year'))
        )
),

every as (
    select
        *,
        null::decimal(18, 6) as counted
    from split
    union all by name
    select * from stated
    union all by name
    select stated.* replace ('total' as dimension, 'TOTAL' as category)
    from stated
    cross join rule
    where list_contains(rule.total_from, stated.dimension)
)

select
    concept,
    unit,
    place,
    period_start,
    period_basis,
    dimension,
    category,
    incident,
    case getvariable('informants')
        when 'column' then informant_key
        when 'independent' then incident
        else ''
    end as informant,
    sum(value) as value,
    -- An incident of nothing hides nobody.
    case when sum(value) > 0 then coalesce(sum(counted), 1) else 0 end as incidents
from every
group by all;
