-- What everyone may see of a source that only some may see: totals and one breakdown at a time, by year and by published
-- place. A figure that is withheld keeps its key and says Q; whatever would say more about it is empty, and so it is
-- in all others, where it would add up as the values do. What says how good a number is (at least, provisional) is
-- said of all places of a level in a year, in its strictest word.
-- Reads own_figure (the source's own figures), judged (concept, unit, period_start, period_basis, place, dimension,
-- category, shown), rule, place, event.

create or replace temp table protected as
with own as (
    select own_figure.*
    from own_figure
    where counterpart is null and variant = '' and period_kind = 'year'
),

year_said as (
    select
        concept,
        unit,
        period_start,
        period_basis,
        any_value(period) as period,
        max(period_end) as period_end,
        max(obs_status) as obs_status,
        min(definition_id) as definition_id,
        bool_and(whole_period) as whole_period
    from own
    group by all
),

level_said as (
    select
        concept,
        unit,
        period_start,
        period_basis,
        place_level,
        case
            when bool_or(completeness = 'partial') then 'partial'
            when bool_or(completeness = 'unknown') then 'unknown'
            else 'complete'
        end as completeness
    from own
    group by all
),

code_said as (
    select
        concept,
        unit,
        dimension,
        category,
        coalesce(max(mapping_relation) filter (where mapping_relation <> 'exactMatch'), 'exactMatch') as mapping_relation
    from own
    group by all
),

-- An event register has no row for nothing: without these, Q alone would say that something happened.
every_place as (
    select distinct
        concept,
        unit,
        period_basis,
        place
    from judged
),

every_code as (
    select distinct
        concept,
        unit,
        period_basis,
        dimension,
        category
    from judged
),

keyed as (
    select * from judged
    union all by name
    select
        every_place.*,
        every_code.dimension,
        every_code.category,
        year_said.period_start,
        false as shown
    from every_place
    inner join every_code
        on
            every_place.concept = every_code.concept
            and every_place.unit = every_code.unit
            and every_place.period_basis = every_code.period_basis
    inner join year_said
        on
            every_place.concept = year_said.concept
            and every_place.unit = year_said.unit
            and every_place.period_basis = year_said.period_basis
    anti join judged
        on
            every_place.concept = judged.concept
            and every_place.unit = judged.unit
            and every_place.period_basis = judged.period_basis
            and every_place.place = judged.place
            and every_code.dimension = judged.dimension
            and every_code.category = judged.category
            and year_said.period_start = judged.period_start
    where exists (select 1 from event)
)

select
    left(sha256(concat_ws(
        '|', rule.source, keyed.concept, keyed.unit, keyed.place, '', '', year_said.period, keyed.period_basis,
        keyed.dimension, keyed.category, ''
    )), 16) as figure_id,
    rule.source,
    rule.producer,
    rule.publisher,
    rule.provenance,
    rule.provenance_subclass,
    keyed.concept,
    keyed.unit,
    keyed.place,
    place.name as place_name,
    place.level as place_level,
    place.country,
    null::varchar as counterpart,
    null::varchar as counterpart_role,
    year_said.period,
    keyed.period_start,
    year_said.period_end,
    'year' as period_kind,
    keyed.period_basis,
    keyed.dimension,
    keyed.category,
    '' as variant,
    case when keyed.shown then own.value end as value,
    null::decimal(38, 6) as low,
    null::decimal(38, 6) as high,
    case when keyed.shown then year_said.obs_status else 'Q' end as obs_status,
    null::varchar as origin_label,
    year_said.definition_id,
    coalesce(code_said.mapping_relation, 'exactMatch') as mapping_relation,
    true as derived,
    null::integer as n_parts,
    null::integer as n_expected,
    coalesce(level_said.completeness, 'unknown') as completeness,
    null::integer as n_rows,
    rule.boundary_version,
    null::varchar as footnote,
    'TLP:CLEAR' as tier,
    null::varchar as snapshot,
    year_said.whole_period
from keyed
cross join rule
inner join year_said
    on
        keyed.concept = year_said.concept
        and keyed.unit = year_said.unit
        and keyed.period_basis = year_said.period_basis
        and keyed.period_start = year_said.period_start
inner join place on keyed.place = place.code
left join level_said
    on
        keyed.concept = level_said.concept
        and keyed.unit = level_said.unit
        and keyed.period_basis = level_said.period_basis
        and keyed.period_start = level_said.period_start
        and place.level = level_said.place_level
left join code_said
    on
        keyed.concept = code_said.concept
        and keyed.unit = code_said.unit
        and keyed.dimension = code_said.dimension
        and keyed.category = code_said.category
left join own
    on
        keyed.concept = own.concept
        and keyed.unit = own.unit
        and keyed.period_basis = own.period_basis
        and keyed.period_start = own.period_start
        and keyed.place = own.place
        and keyed.dimension = own.dimension
        and keyed.category = own.category
order by
    place_level, period_kind, keyed.place, concept, dimension, category, variant, period_start, figure_id;
