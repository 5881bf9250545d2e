-- The accepted rows one figure goes back to: the figure's own predicate, run again. Reads wanted (the figure, one
-- row), rule, place_up, narrower, source_row_kept and item_source (kept.sql).

with candidate as (
    select
        snapshot,
        source_row,
        source_column,
        concept,
        unit,
        place,
        counterpart,
        period_start,
        period_end,
        period_basis,
        dimension,
        category,
        variant,
        value,
        value_raw,
        obs_status,
        footnote
    from source_row_kept
    union all
    select
        item_source.snapshot,
        item_source.source_row,
        item_source.source_column,
        item_source.concept,
        item_source.unit,
        item_source.place,
        null as counterpart,
        item_source.date_start as period_start,
        item_source.date_end as period_end,
        'calendar' as period_basis,
        wanted.dimension,
        case wanted.dimension
            when 'total' then 'TOTAL'
            when 'firearm_type' then item_source.firearm_type
            when 'condition' then item_source.condition
            when 'legal_justification' then item_source.legal_justification
        end as category,
        case
            when wanted.dimension = 'firearm_type' or (wanted.dimension = 'total' and item_source.firearm_type is null)
                then item_source.variant
            else ''
        end as variant,
        item_source.quantity as value,
        item_source.value_raw,
        item_source.obs_status,
        null as footnote
    from item_source
    cross join wanted
)

select
    candidate.snapshot,
    candidate.source_row,
    candidate.source_column,
    candidate.place,
    candidate.counterpart,
    candidate.period_start,
    candidate.period_end,
    candidate.dimension,
    candidate.category,
    candidate.variant,
    candidate.value,
    candidate.value_raw,
    candidate.obs_status,
    candidate.footnote
from candidate
cross join wanted
cross join rule
where
    candidate.concept = wanted.concept
    and candidate.unit = wanted.unit
    and candidate.period_basis = wanted.period_basis
    and (
        candidate.place = wanted.place
        or (
            list_contains(rule.place_levels, wanted.place_level)
            and candidate.place in (
                select place_up.place from place_up
                where place_up.ancestor = wanted.place
            )
        )
    )
    and candidate.period_start >= wanted.period_start
    and candidate.period_end <= wanted.period_end
    and (
        (candidate.period_start = wanted.period_start and candidate.period_end = wanted.period_end)
        or list_contains(rule.period_kinds, wanted.period_kind)
    )
    and (
        candidate.counterpart = wanted.counterpart
        or (wanted.counterpart is null and (rule.counterparts or candidate.counterpart is null))
    )
    and (
        (
            candidate.dimension = wanted.dimension
            and candidate.category = wanted.category
            and (candidate.variant = wanted.variant or (rule.variants and wanted.variant = ''))
        )
        or (wanted.dimension = 'total' and wanted.variant = '' and list_contains(rule.total_from, candidate.dimension))
        or (
            wanted.dimension = 'firearm_type'
            and wanted.variant = ''
            and candidate.dimension = 'firearm_type'
            and candidate.category in (
                select narrower.code from narrower
                where narrower.broader = wanted.category
            )
        )
    )
order by candidate.snapshot, candidate.source_row, candidate.source_column
