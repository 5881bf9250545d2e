-- Which sources name both ends of a flow that leads to a place of a set from another, or from one, of what and for
-- which periods. What stayed in a country of which only the states are named is a flow between these.
select
    flow.source,
    source_name.name,
    source_name.provenance,
    flow.concept,
    flow.unit,
    flow.counterpart_role,
    flow.period,
    flow.period_basis,
    min(flow.definition_id) as definition_id,
    count(*) as corridors
from flow
inner join source_name() as source_name on flow.source = source_name.source
where
    flow.dimension = 'total'
    and flow.category = 'TOTAL'
    and flow.variant = ''
    and flow.kind = 'across'
    and (
        flow.origin in (select member.place from in_set($set, $places) as member)
        or flow.destination in (select member.place from in_set($set, $places) as member)
    )
group by all
order by source_name.name, flow.source, flow.concept, flow.unit, flow.counterpart_role, flow.period, flow.period_basis;
