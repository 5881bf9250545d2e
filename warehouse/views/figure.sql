-- Every value one source states, or that adds up from its own rows. Reads cell (cell.sql), rule, place_up,
-- place_overlap, universe, narrower, period_length, kept_file. Steps: period, category, place, counterpart; each keeps
-- the rows it was given and adds what the declared partitions allow. Nothing of another source is read here. What is
-- added up is a table, and small; the rows that only pass through are views, so that millions are not copied each time.

-- How cells add up, in one place. `part` is what is added over: months, types, places or counterparts; the parts are
-- counted where `counted` says that anything depends on their number.
create or replace temp macro added(cells) as table
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
        sum(value) as value,
        case when count(low) > 0 then sum(coalesce(low, value)) end as low,
        case when count(high) > 0 then sum(coalesce(high, value)) end as high,
        coalesce(max(obs_status) filter (where value is not null), min(obs_status)) as obs_status,
        case when min(origin_label) = max(origin_label) then min(origin_label) end as origin_label,
        min(definition_id) as definition_id,
        coalesce(max(mapping_relation) filter (where mapping_relation <> 'exactMatch'), 'exactMatch'::word)
            as mapping_relation,
        case when count(*) = 1 then min(footnote) end as footnote,
        bool_or(derived or moved) or count(*) > 1 as derived,
        bool_or(from_events) as from_events,
        sum(n_parts)::integer as n_parts,
        sum(n_expected)::integer as n_expected,
        bool_and(covered) as covered,
        sum(n_rows)::integer as n_rows,
        min(file_first) as file_first,
        max(file_last) as file_last,
        (count(distinct part) filter (where counted))::integer as parts,
        (count(distinct part) filter (where counted and covered and n_parts = n_expected))::integer as parts_complete,
        bool_or(moved) as moved
    from query_table(cells)
    group by all;

create or replace temp view cell_in_longer_period as
select
    cell.* replace (
        target.period_kind::word as period_kind,
        date_trunc(target.period_kind, cell.period_start)::date as period_start,
        last_day(date_trunc(target.period_kind, cell.period_start)::date + to_months(target.months - 1)) as period_end
    ),
    cell.period_start as part,
    true as moved,
    rule.absent = 'listed' as counted
from cell
cross join rule
inner join period_length as own on cell.period_kind = own.period_kind
inner join period_length as target
    on own.months < target.months and list_contains(rule.period_kinds, target.period_kind);

create or replace temp table added_by_period as
select
    longer.* exclude (parts, parts_complete, moved, n_expected),
    -- Where every cell is listed, a month without a row is a missing cell; an event register has no row for nothing.
    case
        when rule.absent = 'listed' and not longer.from_events
            then longer.n_expected * (target.months // own.months) // longer.parts
        else longer.n_expected
    end as n_expected
from added('cell_in_longer_period') as longer
cross join rule
inner join period_length as target on longer.period_kind = target.period_kind
cross join (
    select min(period_length.months) as months
    from cell
    inner join period_length on cell.period_kind = period_length.period_kind
) as own;

create or replace temp view by_period as
select cell.*
from cell
cross join rule
where not cell.from_events or list_contains(rule.period_kinds, cell.period_kind)
union all by name
select * from added_by_period;

create or replace temp view cell_in_wider_code as
select
    by_period.* replace (''::word as variant),
    variant as part,
    true as moved,
    false as counted
from by_period
cross join rule
where rule.variants and by_period.variant <> '';

create or replace temp view cell_in_total as
select
    by_period.* replace (
        'total'::word as dimension,
        'TOTAL'::word as category,
        ''::word as variant,
        'exactMatch'::word as mapping_relation
    ),
    by_period.category || by_period.variant as part,
    true as moved,
    false as counted
from by_period
cross join rule
where list_contains(rule.total_from, by_period.dimension);

create or replace temp table added_by_code as
select * exclude (parts, parts_complete, moved) from added('cell_in_wider_code')
union all by name
select * exclude (parts, parts_complete, moved) from added('cell_in_total');

create or replace temp view by_code as
select * from by_period
union all by name
select * from added_by_code;

create or replace temp table wider_place as
select
    place_up.place::place_code as place,
    place_up.ancestor::place_code as ancestor,
    place_up.ancestor_level::word as ancestor_level
from place_up
inner join rule on list_contains(rule.place_levels, place_up.ancestor_level);

-- A row at a level the declaration rolls up to is what no smaller place can claim: it joins that level's sum.
create or replace temp view cell_in_wider_place as
select
    by_code.* replace (wider_place.ancestor as place, wider_place.ancestor_level as place_level),
    by_code.place as part,
    wider_place.ancestor <> by_code.place as moved,
    rule.absent = 'listed' as counted
from by_code
cross join rule
inner join wider_place on by_code.place = wider_place.place;

create or replace temp table added_by_place as
with overlap as (
    select
        place,
        count(*)::integer as places
    from place_overlap
    group by all
)

select
    wider.* exclude (parts, parts_complete, moved, n_parts, n_expected),
    case when wider.moved and rule.absent = 'listed' then wider.parts_complete else wider.n_parts end as n_parts,
    case
        when wider.moved and rule.absent = 'listed'
            then greatest(wider.parts + coalesce(overlap.places, 0), coalesce(universe.places, 0))
        else wider.n_expected
    end as n_expected
from added('cell_in_wider_place') as wider
cross join rule
left join overlap
    on wider.place = overlap.place
left join universe on wider.place = universe.place;

-- Cells that name only a wide place, where others name smaller ones: what they hold is missing from every smaller one.
create or replace temp table missing_some as
with unplaced as (
    select distinct
        by_code.place,
        by_code.concept,
        by_code.unit,
        by_code.period_start,
        by_code.period_end,
        by_code.dimension,
        by_code.category
    from by_code
    cross join rule
    where
        rule.absent <> 'listed'
        and by_code.value > 0
        and list_contains(rule.place_levels, by_code.place_level)
)

select distinct
    wider_place.place,
    unplaced.* exclude (place)
from unplaced
inner join wider_place on unplaced.place = wider_place.ancestor and wider_place.place <> wider_place.ancestor;

create or replace temp view by_place as
with placed as (
    select by_code.*
    from by_code
    cross join rule
    where not list_contains(rule.place_levels, by_code.place_level)
    union all by name
    select * from added_by_place
)

select
    placed.* replace (
        case when missing_some.place is null then placed.n_expected else placed.n_expected + 1 end as n_expected
    )
from placed
left join missing_some
    on
        placed.place = missing_some.place
        and placed.concept = missing_some.concept
        and placed.unit = missing_some.unit
        and placed.period_start = missing_some.period_start
        and placed.period_end = missing_some.period_end
        and placed.dimension = missing_some.dimension
        and placed.category = missing_some.category;

-- Broader types are added up place by place, after the places: a town without revolvers must not drop out of its state.
create or replace temp view narrower_type as
select
    by_place.* replace (narrower.broader::word as category, 'exactMatch'::word as mapping_relation),
    by_place.category as part,
    true as moved,
    true as counted
from by_place
inner join narrower on by_place.category = narrower.code::word
where by_place.dimension = 'firearm_type' and by_place.variant = '';

create or replace temp table added_by_type as
-- Only where every narrower one was asked (an absent one is none, where the source says so) and the source does not
-- state it itself. Arms of unknown type may be of any: then it is at least this, and nothing where it would be zero.
select
    broad.* exclude (parts, parts_complete, moved, n_expected),
    broad.n_expected + case when unknown.value > 0 then 1 else 0 end as n_expected
from added('narrower_type') as broad
cross join rule
inner join (select
broader,
count(*) as codes
from narrower
group by all) as needed on broad.category = needed.broader
left join by_place as unknown
    on
        unknown.dimension = 'firearm_type'
        and unknown.category = 'UNKNOWN'
        and unknown.variant = ''
        and broad.concept = unknown.concept
        and broad.unit = unknown.unit
        and broad.place = unknown.place
        and broad.period_kind = unknown.period_kind
        and broad.period_start = unknown.period_start
        and broad.period_basis = unknown.period_basis
        and coalesce(broad.counterpart, '') = coalesce(unknown.counterpart, '')
where
    (broad.parts = needed.codes or rule.absent = 'zero')
    and not (broad.value = 0 and coalesce(unknown.value, 0) > 0)
    and not exists (select 1 from by_code
where by_code.category = broad.category);

create or replace temp view by_type as
select * from by_place
union all by name
select * from added_by_type;

create or replace temp view cell_of_any_counterpart as
select
    by_type.* replace (null::place_code as counterpart, null::word as counterpart_role),
    by_type.counterpart as part,
    true as moved,
    false as counted
from by_type
cross join rule
where rule.counterparts and by_type.counterpart is not null;

create or replace temp table added_by_counterpart as
select * exclude (parts, parts_complete, moved) from added('cell_of_any_counterpart');

create or replace temp view by_counterpart as
select * from by_type
union all by name
select * from added_by_counterpart;

create or replace temp view figure as
with reach as (
    -- What the source's files reach over, where its declaration does not say.
    select
        coalesce(max(rule.first_day), min(cell.period_start)) as first_day,
        coalesce(max(rule.last_day), max(cell.period_end)) as last_day
    from cell
    cross join rule
),

labelled as (
    select
        by_counterpart.*,
        case period_kind
            when 'year' then strftime(period_start, '%Y')
            when 'quarter' then strftime(period_start, '%Y') || '-Q' || quarter(period_start)
            when 'month' then strftime(period_start, '%Y-%m')
            when 'average' then strftime(period_start, '%Y') || '/' || strftime(period_end, '%Y')
            else strftime(period_start, '%Y-%m-%d')
        end as period,
        covered and period_start >= reach.first_day and period_end <= reach.last_day as whole_period
    from by_counterpart
    cross join reach
    where value is not null
),

identified as (
    -- Level by level and place by place, so that who asks for years of states, or for one place, need not read the rest.
    -- What is the same in every row, and the texts themselves, come after the sorting.
    select
        labelled.*,
        place.name as place_name,
        place.country::place_code as country,
        left(sha256(concat_ws(
            '|', rule.source, concept, unit, labelled.place, coalesce(counterpart, ''), coalesce(counterpart_role, ''),
            period, period_basis, dimension, category, variant
        )), 16) as figure_id
    from labelled
    cross join rule
    inner join place on labelled.place = place.code::place_code
    order by place_level, period_kind, labelled.place, concept, dimension, category, variant, period_start, figure_id
),

kept as (
    select list(snapshot order by file) as files
    from kept_file
)

select
    figure_id,
    rule.source,
    rule.producer::word as producer,
    rule.publisher::word as publisher,
    rule.provenance::word as provenance,
    rule.provenance_subclass::word as provenance_subclass,
    concept::varchar as concept,
    unit::varchar as unit,
    place::varchar as place,
    place_name,
    place_level::varchar as place_level,
    country::varchar as country,
    counterpart::varchar as counterpart,
    counterpart_role,
    period,
    period_start,
    period_end,
    period_kind::varchar as period_kind,
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
    derived,
    n_parts,
    n_expected,
    case
        when not whole_period or n_parts < n_expected then 'partial'::word
        when derived and rule.absent = 'unknown' then 'unknown'::word
        else 'complete'::word
    end as completeness,
    n_rows,
    rule.boundary_version::word as boundary_version,
    footnote,
    rule.tier::word as tier,
    case
        when file_first = file_last then kept.files[file_first + 1]
        else kept.files[file_first + 1] || ' ' || kept.files[file_last + 1]
    end as snapshot,
    whole_period
from identified
cross join rule
cross join kept;
