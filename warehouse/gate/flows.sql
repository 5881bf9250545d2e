-- One row per source with corridors: how many, whether they are its figures that name both ends, and how many places
-- whose parts do not make their totals, or whose own-source share is not that of the parts. Reads amber.flow,
-- amber.flow_place, figure_part.

with corridor as (
    select
        source,
        count(*) as corridors,
        sum(value) as value
    from amber.flow
    group by source
),

stated as (
    select
        source,
        count(*) as corridors,
        sum(value) as value
    from figure_part
    where
        counterpart is not null
        and counterpart_role in ('sold_in', 'manufactured_in', 'departure', 'destination')
    group by source
),

placed as (
    select
        source,
        count(*) as places,
        count_if(
            (total_in is not null and total_in <> coalesce(own, 0) + coalesce(inflow, 0) + coalesce(inflow_or_own, 0))
            or (total_out is not null and total_out < coalesce(outflow, 0))
            or (total_out is not null and own is not null and total_out > own + coalesce(outflow, 0))
        ) as not_adding_up,
        count_if(
            not coalesce(own_source_share between 0 and 100, true)
            or abs(coalesce(own_source_share - (100 * own / total_in)::double, 0)) > 0.01
            or (own_source_share is null) = (no_share is null)
        ) as wrong_share
    from amber.flow_place
    group by source
)

select
    coalesce(corridor.source, stated.source) as source,
    coalesce(corridor.corridors, 0) as corridors,
    abs(coalesce(corridor.corridors, 0) - coalesce(stated.corridors, 0))
    + (corridor.value is distinct from stated.value)::int as not_the_figures,
    coalesce(placed.places, 0) as places,
    coalesce(placed.not_adding_up, 0) as not_adding_up,
    coalesce(placed.wrong_share, 0) as wrong_share
from corridor
full join stated on corridor.source = stated.source
left join placed on coalesce(corridor.source, stated.source) = placed.source
order by all;
