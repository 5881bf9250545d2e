-- What arrived in, came from within and left each place of a set, of one source and period. Alphabetical.
select
    flow_place.place as code,
    flow_place.place_name,
    flow_place.unit,
    flow_place.total_in,
    flow_place.own,
    flow_place.inflow,
    flow_place.inflow_or_own,
    flow_place.total_out,
    flow_place.outflow,
    case when flow_place.own_source_share is not null then flow_place.own / flow_place.total_in end as own_part,
    flow_place.no_share,
    flow_place.completeness,
    flow_place.stated_total,
    flow_place.stated_figure
from flow_place
where
    flow_place.dimension = 'total'
    and flow_place.category = 'TOTAL'
    and flow_place.variant = ''
    and flow_place.source = $source
    and flow_place.concept = $concept
    and flow_place.unit = $unit
    and flow_place.counterpart_role = $role
    and flow_place.period = $period
    and flow_place.period_basis = $basis
    and flow_place.place in (select member.place from in_set($set, $places) as member)
order by flow_place.place_name, flow_place.place;
