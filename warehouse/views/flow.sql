-- Figures that name both ends: from an origin to a destination, as their source states them. Reads figure, place,
-- place_up. What a counterpart is to the place says which end is which; transit is neither and stays out.
-- Table flow is one row per corridor; flow_place adds the corridors of one place up, each part with its total.

create or replace table flow as
with oriented as (
    select
        *,
        case when counterpart_role = 'destination' then place else counterpart end as origin,
        case when counterpart_role = 'destination' then counterpart else place end as destination
    from figure
    where
        counterpart is not null
        and counterpart_role in ('sold_in', 'manufactured_in', 'departure', 'destination')
)

select
    oriented.source,
    concept,
    unit,
    origin,
    place_from.name as origin_name,
    destination,
    place_to.name as destination_name,
    period,
    period_start,
    period_end,
    period_basis,
    dimension,
    category,
    variant,
    counterpart_role,
    case when counterpart_role = 'destination' then 'origin' else 'destination' end as recorded_at,
    -- Whether the two ends are one place, or one lies in the other.
    case
        when origin = destination then 'same_place'
        when
            exists (
                select 1 from place_up
                where place_up.place = oriented.origin and place_up.ancestor = oriented.destination
            )
            then 'from_within'
        when
            exists (
                select 1 from place_up
                where place_up.place = oriented.destination and place_up.ancestor = oriented.origin
            )
            then 'from_wider'
        else 'across'
    end as kind,
    value,
    low,
    high,
    completeness,
    derived,
    definition_id,
    figure_id
from oriented
left join place as place_from on oriented.origin = place_from.code
left join place as place_to on oriented.destination = place_to.code
order by figure_id;

create or replace table flow_place as
with told as (
    select
        *,
        destination as place,
        origin as other,
        true as arrives
    from flow
    union all by name
    select
        *,
        origin as place,
        destination as other,
        false as arrives
    from flow
    where kind in ('across', 'same_place')
),

-- A corridor whose other end lies in one that is listed too is already in it.
nested as (
    select distinct
        narrow.figure_id,
        narrow.arrives
    from told as narrow
    inner join place_up on narrow.other = place_up.place and narrow.other <> place_up.ancestor
    inner join told as wide
        on
            narrow.source = wide.source
            and narrow.concept = wide.concept
            and narrow.unit = wide.unit
            and narrow.counterpart_role = wide.counterpart_role
            and narrow.period_start = wide.period_start
            and narrow.period_end = wide.period_end
            and narrow.period_basis = wide.period_basis
            and narrow.dimension = wide.dimension
            and narrow.category = wide.category
            and narrow.variant = wide.variant
            and narrow.place = wide.place
            and narrow.arrives = wide.arrives
            and place_up.ancestor = wide.other
),

summed as (
    select
        told.source,
        concept,
        unit,
        told.place,
        counterpart_role,
        period,
        period_start,
        period_end,
        period_basis,
        dimension,
        category,
        variant,
        sum(value) filter (where told.arrives) as total_in,
        sum(value) filter (where told.arrives and kind in ('same_place', 'from_within')) as own,
        sum(value) filter (where told.arrives and kind = 'across') as inflow,
        sum(value) filter (where told.arrives and kind = 'from_wider') as inflow_or_own,
        sum(value) filter (where not told.arrives) as total_out,
        sum(value) filter (where not told.arrives and kind = 'across') as outflow,
        (count(*) filter (where told.arrives))::integer as corridors_in,
        (count(*) filter (where not told.arrives))::integer as corridors_out,
        bool_and(completeness = 'complete') as all_complete,
        min(definition_id) as definition_id
    from told
    left join nested on told.figure_id = nested.figure_id and told.arrives = nested.arrives
    where nested.figure_id is null
    group by all
),

of_any_counterpart as (
    select *
    from figure
    where counterpart is null and source in (select flow.source from flow)
)

select
    summed.source,
    summed.concept,
    summed.unit,
    summed.place,
    place.name as place_name,
    summed.counterpart_role,
    summed.period,
    summed.period_start,
    summed.period_end,
    summed.period_basis,
    summed.dimension,
    summed.category,
    summed.variant,
    total_in,
    own,
    inflow,
    inflow_or_own,
    total_out,
    outflow,
    corridors_in,
    corridors_out,
    stated.value as stated_total,
    stated.figure_id as stated_figure,
    case when total_in > 0 and inflow_or_own is null then round(100 * own / total_in, 2)::decimal(5, 2) end
        as own_source_share,
    case
        when total_in is null then said('No share: no figure held here for what arrived in this place.')
        when total_in = 0 then said('No share: the source states that nothing was recorded.')
        when inflow_or_own is not null then said('No share: some name only a wider place of origin, which may be this one.')
        when own is null then said('No share: no figure held here for what came from this place itself.')
    end as no_share,
    case when all_complete then 'complete' else 'partial' end as completeness,
    summed.definition_id
from summed
left join place on summed.place = place.code
left join of_any_counterpart as stated
    on
        summed.source = stated.source
        and summed.concept = stated.concept
        and summed.unit = stated.unit
        and summed.place = stated.place
        and summed.period_start = stated.period_start
        and summed.period_end = stated.period_end
        and summed.period_basis = stated.period_basis
        and summed.dimension = stated.dimension
        and summed.category = stated.category
        and summed.variant = stated.variant
        and summed.counterpart_role <> 'destination'
order by
    summed.source,
    summed.concept,
    summed.unit,
    summed.place,
    summed.period_start,
    summed.period_end,
    summed.period_basis,
    summed.dimension,
    summed.category,
    summed.variant,
    summed.counterpart_role;

comment on table flow is 'Figures that name both ends, from an origin to a destination; nothing is added up beyond what figure holds.';
comment on column flow.recorded_at is 'At which end it was recorded: destination (where it came from is said) or origin (where it went).';
comment on column flow.kind is 'across, same_place, from_within (the origin lies in the destination) or from_wider (it holds it).';
comment on table flow_place is 'The corridors of one place and period, added up: what arrived, of it from the place itself, and what left.';
comment on column flow_place.total_in is 'All that was recorded in the place, wherever it came from: own + inflow (+ inflow_or_own).';
comment on column flow_place.own is 'Of these, from the place itself.';
comment on column flow_place.inflow is 'Of these, from other places.';
comment on column flow_place.inflow_or_own is 'Of these, from a wider place that holds this one: it cannot be told which.';
comment on column flow_place.total_out is 'All that came from the place, wherever it was recorded: own + outflow.';
comment on column flow_place.outflow is 'Of these, recorded in other places.';
comment on column flow_place.stated_total is 'The figure for all counterparts together, for comparison with total_in.';
comment on column flow_place.own_source_share is 'own ÷ total_in, in percent.';
comment on column flow_place.no_share is 'Why there is no share, in words.';
