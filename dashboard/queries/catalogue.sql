-- Every source of the release with what it holds. Alphabetical.
select
    source.source,
    source.title,
    source.title as name,
    source.provenance,
    source.provenance_subclass,
    source.producer,
    source.publisher,
    source.tlp,
    coalesce(held.figures, 0) as figures,
    coalesce(held.places, 0) as places,
    held.first_year,
    held.last_year,
    coalesce(held.concepts, []) as concepts,
    coalesce(held.levels, []) as levels
from source
left join (
    select
        figure.source,
        count(*) as figures,
        count(distinct figure.place) as places,
        year(min(figure.period_start)) as first_year,
        year(max(figure.period_end)) as last_year,
        list_sort(list(distinct figure.concept)) as concepts,
        list_sort(list(distinct figure.place_level)) as levels
    from figure
    group by figure.source
) as held on source.source = held.source
order by strip_accents(lower(source.title)), source.source;
