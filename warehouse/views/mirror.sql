-- What is recorded at the destination of a corridor beside what is recorded at its origin. Reads flow, concept_pair,
-- definition, same_origin. No gap, ratio or order by either: two records of one corridor are the start of a talk.
-- A corridor that only one side records stands alone; for the other side no figure is held here.

create or replace table mirror as
with at_destination as (
    select * from flow
    where recorded_at = 'destination' and kind = 'across'
),

at_origin as (
    select * from flow
    where recorded_at = 'origin' and kind = 'across'
),

met as (
    select
        at_destination.figure_id as figure_in,
        at_origin.figure_id as figure_out,
        concept_pair.reason as pair_reason
    from at_destination
    inner join at_origin
        on
            at_destination.origin = at_origin.origin
            and at_destination.destination = at_origin.destination
            and at_destination.period_start = at_origin.period_start
            and at_destination.period_end = at_origin.period_end
            and at_destination.dimension = at_origin.dimension
            and at_destination.category = at_origin.category
            and at_destination.variant = at_origin.variant
    inner join concept_pair
        on
            (at_destination.concept = concept_pair.concept_a and at_origin.concept = concept_pair.concept_b)
            or (at_destination.concept = concept_pair.concept_b and at_origin.concept = concept_pair.concept_a)
),

corridor as (
    select
        figure_in,
        figure_out,
        pair_reason,
        'both' as recorded_by
    from met
    union all
    select
        figure_id as figure_in,
        null as figure_out,
        null as pair_reason,
        'destination_only' as recorded_by
    from at_destination
    where figure_id not in (select met.figure_in from met)
    union all
    select
        null as figure_in,
        figure_id as figure_out,
        null as pair_reason,
        'origin_only' as recorded_by
    from at_origin
    where figure_id not in (select met.figure_out from met)
)

select
    coalesce(i.origin, o.origin) as origin,
    coalesce(i.origin_name, o.origin_name) as origin_name,
    coalesce(i.destination, o.destination) as destination,
    coalesce(i.destination_name, o.destination_name) as destination_name,
    coalesce(i.period, o.period) as period,
    coalesce(i.period_start, o.period_start) as period_start,
    coalesce(i.period_end, o.period_end) as period_end,
    coalesce(i.dimension, o.dimension) as dimension,
    coalesce(i.category, o.category) as category,
    coalesce(i.variant, o.variant) as variant,
    corridor.recorded_by,
    i.source as source_in,
    i.concept as concept_in,
    i.unit as unit_in,
    i.counterpart_role as role_in,
    definition_in.text as definition_in,
    i.value as value_in,
    i.figure_id as figure_in,
    o.source as source_out,
    o.concept as concept_out,
    o.unit as unit_out,
    o.counterpart_role as role_out,
    definition_out.text as definition_out,
    o.value as value_out,
    o.figure_id as figure_out,
    list_filter([
        case when i.concept <> o.concept then pair_reason end,
        case when i.unit <> o.unit then format('The two count in different units: {} and {}.', i.unit, o.unit) end,
        case when i.period_basis <> o.period_basis then said('The two use different kinds of year.') end,
        case
            when i.counterpart_role = 'sold_in' and o.figure_id is not null
                then said('One side names the place of first sale, which need not be where the last journey began.')
            when i.counterpart_role = 'manufactured_in' and o.figure_id is not null
                then said('One side names the place of manufacture, which need not be where the last journey began.')
        end,
        case when i.completeness <> 'complete' then format('{} is partial: at least this number.', i.source) end,
        case when o.completeness <> 'complete' then format('{} is partial: at least this number.', o.source) end,
        case
            when i.source = o.source or same_origin.same_origin
                then said('Both go back to the same records, so agreement proves nothing about either.')
        end,
        case corridor.recorded_by
            when 'destination_only' then said('Recorded at the destination only; no figure held here from the origin.')
            when 'origin_only' then said('Recorded at the origin only; no figure held here from the destination.')
        end
    ], lambda reason: reason is not null) as reasons
from corridor
left join at_destination as i on corridor.figure_in = i.figure_id
left join at_origin as o on corridor.figure_out = o.figure_id
left join definition as definition_in on i.definition_id = definition_in.definition_id and i.source = definition_in.source
left join definition as definition_out
    on o.definition_id = definition_out.definition_id and o.source = definition_out.source
left join same_origin
    on least(i.source, o.source) = same_origin.source_a and greatest(i.source, o.source) = same_origin.source_b
order by origin, destination, period_start, figure_in, figure_out;

comment on table mirror is 'Corridors as recorded at the destination and at the origin, side by side, with both definitions.';
comment on column mirror.recorded_by is 'both, destination_only or origin_only.';
comment on column mirror.value_in is 'Recorded at the destination: what came from there.';
comment on column mirror.value_out is 'Recorded at the origin: what went there.';
comment on column mirror.reasons is 'What to know before reading the two numbers side by side.';
