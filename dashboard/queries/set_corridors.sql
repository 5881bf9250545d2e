-- Corridors with both ends in a set, of one source and period. Alphabetical.
select
    origin,
    origin_name,
    destination,
    destination_name,
    kind,
    unit,
    value,
    completeness,
    figure_id
from flow
where
    dimension = 'total'
    and category = 'TOTAL'
    and variant = ''
    and source = $source
    and concept = $concept
    and unit = $unit
    and counterpart_role = $role
    and period = $period
    and period_basis = $basis
    and origin in (select member.place from in_set($set, $places) as member)
    and destination in (select member.place from in_set($set, $places) as member)
order by origin_name, origin, destination_name, destination;
