-- Corridors as recorded at either end, with what must travel with each side. $source (either side), $place (either
-- end) and $concept (either side) narrow it; null asks for all.
select *
from mirror
where
    ($source::varchar is null or $source in (source_in, source_out))
    and ($place::varchar is null or $place in (origin, destination))
    and ($concept::varchar is null or $concept in (concept_in, concept_out))
order by origin, destination, period_start, figure_in, figure_out;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    caveats_of(
        chosen.source_in, chosen.concept_in, chosen.destination, year(chosen.period_start), year(chosen.period_end)
    ) as caveats_in,
    caveats_of(
        chosen.source_out, chosen.concept_out, chosen.origin, year(chosen.period_start), year(chosen.period_end)
    ) as caveats_out,
    statements_of(chosen.source_in, chosen.figure_in) as statements_in,
    statements_of(chosen.source_out, chosen.figure_out) as statements_out,
    source_in.licence as licence_in,
    source_out.licence as licence_out,
    source_in.citation as citation_in,
    source_out.citation as citation_out
from chosen
left join source as source_in on chosen.source_in = source_in.source
left join source as source_out on chosen.source_out = source_out.source
order by chosen.nth;
