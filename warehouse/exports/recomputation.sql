-- Published values of SDG 16.4.2 beside the commons' own sums, with what must travel with the published value and
-- with the counts. $source (either), $place and $concept narrow it; null asks for all.
select *
from recomputation
where
    ($source::varchar is null or $source in (published_source, input_source))
    and ($place::varchar is null or place = $place)
    and ($concept::varchar is null or $concept = 'arms_traced_share')
order by place, period_start, period_end, published_figure, input_source, scope, denominator_of;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    caveats_of(
        chosen.published_source,
        'arms_traced_share',
        chosen.place,
        year(chosen.period_start),
        year(chosen.period_end)
    ) as caveats_published,
    caveats_of(
        chosen.input_source,
        'arms_seized',
        chosen.place,
        year(chosen.period_start),
        year(chosen.period_end)
    ) as caveats_input,
    statements_of(chosen.published_source, chosen.published_figure) as statements_published,
    statements_of(chosen.input_source, null) as statements_input,
    published.licence as licence_published,
    input.licence as licence_input,
    published.citation as citation_published,
    input.citation as citation_input
from chosen
inner join source as published on chosen.published_source = published.source
inner join source as input on chosen.input_source = input.source
order by chosen.nth;
