-- Corridors with both ends in a set, of one source and period, and the country of which both are first-level places.
-- Alphabetical.
select
    flow.origin,
    flow.origin_name,
    flow.destination,
    flow.destination_name,
    flow.kind,
    flow.unit,
    flow.value,
    flow.completeness,
    flow.figure_id,
    case
        when place_from.level = 'admin1' and place_to.level = 'admin1' and place_from.country = place_to.country
            then place_from.country
    end as within
from flow
inner join place as place_from on flow.origin = place_from.code
inner join place as place_to on flow.destination = place_to.code
where
    flow.dimension = 'total'
    and flow.category = 'TOTAL'
    and flow.variant = ''
    and flow.source = $source
    and flow.concept = $concept
    and flow.unit = $unit
    and flow.counterpart_role = $role
    and flow.period = $period
    and flow.period_basis = $basis
    and flow.origin in (select member.place from in_set($set, $places) as member)
    and flow.destination in (select member.place from in_set($set, $places) as member)
order by flow.origin_name, flow.origin, flow.destination_name, flow.destination;
