-- Cells of one source: its accepted rows brought to one shape, before anything is added up.
-- Reads source_row_kept and item_source (kept.sql) and the types word and place_code (word.sql). A cell is one published
-- number, or the sum of an event register's items of one place and month (events are counted by the commons, so derived
-- is true). A file stands by its number in the order of the hashes.

-- One pass over the items; everything after it works on far fewer rows.
create or replace temp table item_sum as
select
    concept::word as concept,
    unit::word as unit,
    place::place_code as place,
    place_level::word as place_level,
    period_kind::word as period_kind,
    period_start,
    firearm_type::word as firearm_type,
    variant::word as variant,
    condition::word as condition,
    legal_justification::word as legal_justification,
    sum(quantity) as value,
    count(quantity)::integer as n_parts,
    count(*)::integer as n_expected,
    min(definition_id::word) as definition_id,
    max(mapping_relation::word) filter (where mapping_relation <> 'exactMatch') as inexact,
    min(file) as file_first,
    max(file) as file_last
from item_source
group by all;

create or replace temp view item_split as
select
    * exclude (variant, firearm_type, condition, legal_justification) replace (null::word as inexact),
    'total'::word as dimension,
    'TOTAL'::word as category,
    case when firearm_type is null then variant else ''::word end as variant
from item_sum
union all by name
select
    * exclude (firearm_type, condition, legal_justification),
    'firearm_type'::word as dimension,
    firearm_type as category
from item_sum
where firearm_type is not null
union all by name
select
    * exclude (variant, firearm_type, condition, legal_justification),
    'condition'::word as dimension,
    condition as category,
    ''::word as variant
from item_sum
where condition is not null
union all by name
select
    * exclude (variant, firearm_type, condition, legal_justification),
    'legal_justification'::word as dimension,
    legal_justification as category,
    ''::word as variant
from item_sum
where legal_justification is not null;

create or replace temp view item_cell as
select
    concept,
    unit,
    place,
    place_level,
    period_kind,
    period_start,
    dimension,
    category,
    variant,
    sum(value) as value,
    min(definition_id) as definition_id,
    coalesce(max(inexact), 'exactMatch'::word) as mapping_relation,
    sum(n_parts)::integer as n_parts,
    sum(n_expected)::integer as n_expected,
    min(file_first) as file_first,
    max(file_last) as file_last
from item_split
group by all;

create or replace temp table cell as
select
    concept::word as concept,
    unit::word as unit,
    place::place_code as place,
    place_level::word as place_level,
    counterpart::place_code as counterpart,
    counterpart_role::word as counterpart_role,
    period_kind::word as period_kind,
    period_start,
    period_end,
    period_basis::word as period_basis,
    dimension::word as dimension,
    category::word as category,
    variant::word as variant,
    value,
    low,
    high,
    obs_status::word as obs_status,
    origin_label::word as origin_label,
    definition_id::word as definition_id,
    mapping_relation::word as mapping_relation,
    footnote,
    derived,
    false as from_events,
    n_parts,
    n_expected,
    covered,
    1 as n_rows,
    file as file_first,
    file as file_last
from source_row_kept
union all by name
select
    *,
    last_day(period_start + case period_kind when 'year' then interval 11 month when 'quarter' then interval 2 month else interval 0 month end)
        as period_end,
    'calendar'::word as period_basis,
    'A'::word as obs_status,
    true as derived,
    true as from_events,
    true as covered,
    n_expected as n_rows
from item_cell;
