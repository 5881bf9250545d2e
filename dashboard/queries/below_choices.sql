-- Which sources state a yearly total for places one level below a place, and of which whole years. Alphabetical.
with child as (
    select code
    from place
    where parent = $place and level in ('admin1', 'admin2', 'city') and kind <> 'own_register'
),

named as (
    select
        source,
        provenance,
        split_part(title, ':', 1) as short,
        title
    from source
)

select
    figure.source,
    named.provenance,
    case when count(*) over (partition by named.short) > 1 then named.title else named.short end as name,
    list_sort(list(distinct year(figure.period_start)), 'desc') as years,
    count(distinct figure.place) as places,
    any_value(figure.unit) as unit,
    max(definition.subset_of) as subset_of
from figure
inner join named on figure.source = named.source
inner join child on figure.place = child.code
left join counts_as
    on
        figure.source = counts_as.source
        and figure.origin_label = counts_as.origin_label
        and figure.concept = counts_as.concept
left join definition
    on
        figure.source = definition.source
        and figure.definition_id = definition.definition_id
        and figure.concept = definition.concept
where
    coalesce(counts_as.counts_as, figure.concept) = $concept
    and figure.dimension = 'total'
    and figure.category = 'TOTAL'
    and figure.variant = ''
    and figure.counterpart is null
    and figure.period_kind = 'year'
    and figure.whole_period
group by figure.source, named.provenance, named.short, named.title, figure.unit
order by name, figure.source;
