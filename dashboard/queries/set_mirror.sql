-- Corridors with an end in a set as each end records them, of one year. Alphabetical by corridor.
select
    mirror.*,
    source_in.name as name_in,
    source_in.provenance as provenance_in,
    source_out.name as name_out,
    source_out.provenance as provenance_out,
    count(*) over (partition by mirror.recorded_by) as corridors
from mirror
left join source_name() as source_in on mirror.source_in = source_in.source
left join source_name() as source_out on mirror.source_out = source_out.source
where
    mirror.dimension = 'total'
    and mirror.category = 'TOTAL'
    and mirror.variant = ''
    and mirror.period = $period
    and (
        mirror.origin in (select member.place from in_set($set, $places) as member)
        or mirror.destination in (select member.place from in_set($set, $places) as member)
    )
order by mirror.origin_name, mirror.origin, mirror.destination_name, mirror.destination, mirror.figure_in, mirror.figure_out;
