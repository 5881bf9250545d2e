-- Every corridor of one place, to and from wherever it leads, of one source and period. Alphabetical.
select
    origin,
    origin_name,
    destination,
    destination_name,
    kind,
    unit,
    value,
    completeness,
    figure_id,
    destination = $place as arrives
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
    and $place in (origin, destination)
order by case when destination = $place then origin_name else destination_name end, origin, destination;
