-- One row per source, concept, unit, length of period, category and side of a flow: what the accepted numbers add up
-- to, and what the figures at the widest places add up to. Each number reaches exactly one widest place (the highest
-- level its declaration adds up to, or its own), so that the two are equal to the last digit: a row that a join loses
-- or counts twice makes them differ. Broader types are left out, since they exist only where all narrower ones were
-- asked, and grounds of seizures, which stand with the events. Reads observed, itemised, figure_part, rule, narrower.

with recursive length_of (period_kind, months) as (
    values ('day', 0), ('month', 1), ('quarter', 3), ('year', 12), ('average', 24)
),

event_kind as (
    -- Months and quarters of events all reach the longest period that is added up to.
    select
        rule.source,
        arg_max(length_of.period_kind, length_of.months) as period_kind
    from rule
    left join length_of on list_contains(rule.period_kinds, length_of.period_kind)
    where rule.source in (select itemised.source from itemised)
    group by rule.source
),

item_split as (
    select
        *,
        'total' as dimension,
        'TOTAL' as category,
        case when firearm_type is null then variant else '' end as variant_shown
    from itemised
    union all
    select
        *,
        'firearm_type' as dimension,
        firearm_type as category,
        variant as variant_shown
    from itemised
    where firearm_type is not null
    union all
    select
        *,
        'condition' as dimension,
        condition as category,
        '' as variant_shown
    from itemised
    where condition is not null
),

base as (
    select
        source,
        concept,
        unit,
        period_kind,
        dimension,
        category,
        variant,
        counterpart is not null as paired,
        value
    from observed
    where numbers > 0
    union all
    select
        item_split.source,
        concept,
        unit,
        coalesce(event_kind.period_kind, 'none') as period_kind,
        dimension,
        category,
        variant_shown as variant,
        false as paired,
        value
    from item_split
    inner join event_kind on item_split.source = event_kind.source
    where numbers > 0
),

of_period as (
    select * from base
    union all
    select base.* replace (longer.period_kind as period_kind)
    from base
    inner join rule on base.source = rule.source
    inner join length_of as own on base.period_kind = own.period_kind
    inner join length_of as longer
        on own.months < longer.months and list_contains(rule.period_kinds, longer.period_kind)
),

of_category as (
    select * from of_period
    union all
    select of_period.* replace ('' as variant)
    from of_period
    inner join rule on of_period.source = rule.source
    where rule.variants and of_period.variant <> ''
    union all
    select of_period.* replace ('total' as dimension, 'TOTAL' as category, '' as variant)
    from of_period
    inner join rule on of_period.source = rule.source
    where list_contains(rule.total_from, of_period.dimension)
),

of_flow as (
    select * from of_category
    union all
    select of_category.* replace (false as paired)
    from of_category
    inner join rule on of_category.source = rule.source
    where rule.counterparts and of_category.paired
),

expected as (
    select
        source,
        concept,
        unit,
        period_kind,
        dimension,
        category,
        variant,
        paired,
        sum(value) as value
    from of_flow
    group by all
),

figure_place as (
    select distinct
        source,
        place
    from figure_part
),

up (place, ancestor, ancestor_level) as (
    select
        code as place,
        code as ancestor,
        level as ancestor_level
    from amber.place
    where code in (select figure_place.place from figure_place)
    union all
    select
        up.place,
        above.code as ancestor,
        above.level as ancestor_level
    from up
    inner join amber.place as below on up.ancestor = below.code
    inner join amber.place as above on below.parent = above.code
    where up.ancestor_level not in ('country', 'region', 'world')
),

widest_place as (
    select
        figure_place.source,
        figure_place.place
    from figure_place
    inner join rule on figure_place.source = rule.source
    where not exists (
        select 1
        from up
        where
            up.place = figure_place.place
            and up.ancestor <> up.place
            and list_contains(rule.place_levels, up.ancestor_level)
    )
),

shown as (
    select
        figure_part.source,
        concept,
        unit,
        figure_part.period_kind,
        dimension,
        category,
        variant,
        counterpart is not null as paired,
        sum(value) as value
    from figure_part
    inner join widest_place on figure_part.source = widest_place.source and figure_part.place = widest_place.place
    left join event_kind on figure_part.source = event_kind.source
    where
        event_kind.source is null
        or (figure_part.period_kind = event_kind.period_kind and dimension <> 'legal_justification')
    group by all
),

stated_type as (
    select distinct
        source,
        category
    from expected
    where dimension = 'firearm_type'
)

select
    coalesce(expected.source, shown.source) as source,
    coalesce(expected.concept, shown.concept) as concept,
    coalesce(expected.period_kind, shown.period_kind) as period_kind,
    coalesce(expected.category, shown.category) as category,
    (expected.value is distinct from shown.value)::int as differs
from expected
full join shown
    on
        expected.source = shown.source
        and expected.concept = shown.concept
        and expected.unit = shown.unit
        and expected.period_kind = shown.period_kind
        and expected.dimension = shown.dimension
        and expected.category = shown.category
        and expected.variant = shown.variant
        and expected.paired = shown.paired
left join stated_type on shown.source = stated_type.source and shown.category = stated_type.category
where
    expected.source is not null
    or stated_type.source is not null
    or shown.dimension <> 'firearm_type'
    or shown.category not in (select narrower.broader from narrower)
order by all;
