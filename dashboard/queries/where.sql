-- Of which countries, or places in them, figures are held, by the classes of source that hold them. Only countries are
-- named, whatever a source's own level is.
with country as (
    select
        figure.country as code,
        place.name,
        list_sort(list(distinct figure.provenance)) as classes
    from figure
    inner join place on figure.country = place.code and place.level = 'country'
    group by figure.country, place.name
)

select
    classes,
    count(*) as countries,
    list({ code: code, name: name } order by strip_accents(lower(name)), code) as places,
    (sum(count(*)) over ())::integer as all_countries,
    (sum(count(*)) filter (where list_contains(classes, 'official') and len(classes) > 1) over ())::integer as both_kinds
from country
group by classes
order by list_contains(classes, 'official') desc, len(classes) desc, classes;
