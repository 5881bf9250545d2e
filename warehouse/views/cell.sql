-- Cells of one source: its accepted rows brought to one shape, before anything is added up.
-- Reads rule (one row), observation, event, item, place_up, snapshot_order. A cell is one published number, or the
-- sum of an event register's items of one place and month (events are counted by the commons, so derived is true).

create or replace temp table source_row_kept as
-- Where files add up (succession 'part'), a later file replaces the same places and periods of an earlier one.
select observation.*
from observation
inner join snapshot_order on observation.snapshot = snapshot_order.snapshot
cross join rule
qualify
    rule.succession = 'whole'
    or snapshot_order.position = max(snapshot_order.position) over (
        partition by observation.place, observation.period_start, observation.period_end
    );

create or replace temp view item_source as
select
    item.*,
    event.legal_justification,
    event.place,
    event.place_level,
    event.date_start,
    event.date_end,
    event.date_precision
from item
inner join event
    on item.source = event.source and item.snapshot = event.snapshot and item.event_key = event.event_key;

create or replace temp view item_of_event as
select
    *,
    case when date_precision = 'quarter' then 'quarter' when date_precision = 'year' then 'year' else 'month' end
        as period_kind,
    date_trunc(
        case when date_precision = 'quarter' then 'quarter' when date_precision = 'year' then 'year' else 'month' end,
        date_start
    )::date as period_start
from item_source;

-- One pass over the items; everything after it works on far fewer rows.
create or replace temp table item_sum as
select
    concept,
    unit,
    place,
    place_level,
    period_kind,
    period_start,
    firearm_type,
    variant,
    condition,
    legal_justification,
    sum(quantity) as value,
    count(quantity)::integer as n_parts,
    count(*)::integer as n_expected,
    min(definition_id) as definition_id,
    coalesce(max(mapping_relation) filter (where mapping_relation <> 'exactMatch'), 'exactMatch') as mapping_relation,
    min(snapshot) as snapshot_first,
    max(snapshot) as snapshot_last
from item_of_event
group by all;

create or replace temp table item_cell as
select
    concept,
    unit,
    place,
    place_level,
    period_kind,
    period_start,
    split.dimension,
    split.category,
    split.variant,
    sum(item_sum.value) as value,
    sum(n_parts)::integer as n_parts,
    sum(n_expected)::integer as n_expected,
    min(definition_id) as definition_id,
    coalesce(
        max(mapping_relation) filter (where mapping_relation <> 'exactMatch' and split.dimension <> 'total'),
        'exactMatch'
    ) as mapping_relation,
    min(snapshot_first) as snapshot_first,
    max(snapshot_last) as snapshot_last
from item_sum
cross join lateral (
    select
        'total' as dimension,
        'TOTAL' as category,
        case when firearm_type is null then item_sum.variant else '' end as variant
    union all
    select
        'firearm_type' as dimension,
        firearm_type as category,
        item_sum.variant
    where firearm_type is not null
    union all
    select
        'condition' as dimension,
        condition as category,
        '' as variant
    where condition is not null
    union all
    select
        'legal_justification' as dimension,
        legal_justification as category,
        '' as variant
    where legal_justification is not null
) as split
group by all;

create or replace temp table cell as
select
    concept,
    unit,
    place,
    place_level,
    counterpart,
    counterpart_role,
    period_kind,
    period_start,
    period_end,
    period_basis,
    dimension,
    category,
    variant,
    value,
    low,
    high,
    obs_status,
    origin_label,
    definition_id,
    mapping_relation,
    footnote,
    derived,
    false as from_events,
    n_parts,
    n_expected,
    covered,
    1 as n_rows,
    snapshot as snapshot_first,
    snapshot as snapshot_last
from source_row_kept
union all by name
select
    concept,
    unit,
    place,
    place_level,
    null as counterpart,
    null as counterpart_role,
    period_kind,
    period_start,
    last_day(period_start + case period_kind when 'year' then interval 11 month when 'quarter' then interval 2 month else interval 0 month end)
        as period_end,
    'calendar' as period_basis,
    dimension,
    category,
    variant,
    value,
    null as low,
    null as high,
    'A' as obs_status,
    null as origin_label,
    definition_id,
    mapping_relation,
    null as footnote,
    true as derived,
    true as from_events,
    n_parts,
    n_expected,
    true as covered,
    n_expected as n_rows,
    snapshot_first,
    snapshot_last
from item_cell;
