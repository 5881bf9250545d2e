-- How many sources of each class hold figures that show something ($facets, such as 'dimension:marking'), and of which
-- years, by topic ($topics, one for each facet). No place is named.
with wanted as (
    select
        unnest($topics::varchar[]) as topic,
        unnest($facets::varchar[]) as facet
),

stated as (
    select
        source,
        year(min(period_start)) as first_year,
        year(max(period_end)) as last_year,
        [
            'concept:' || concept,
            'unit:' || unit,
            'dimension:' || dimension,
            'category:' || category,
            'role:' || counterpart_role
        ] as facets
    from figure
    group by source, concept, unit, dimension, category, counterpart_role
),

shown as (
    select
        source,
        first_year,
        last_year,
        unnest(facets) as facet
    from stated
    union all
    -- Both sources of a pair that counts two things, or in two units.
    select
        unnest([source_a, source_b]) as source,
        year(period_start) as first_year,
        year(period_end) as last_year,
        'pair:other_terms' as facet
    from comparison
    where concept_a <> concept_b or unit_a <> unit_b
    union all
    -- Corridors of which both ends state a number.
    select
        unnest([source_in, source_out]) as source,
        year(period_start) as first_year,
        year(period_end) as last_year,
        'mirror:both_ends' as facet
    from mirror
    where recorded_by = 'both'
)

select
    wanted.topic,
    count(distinct shown.source) filter (where source.provenance = 'official') as official,
    count(distinct shown.source) filter (where source.provenance = 'combined') as combined,
    count(distinct shown.source) filter (where source.provenance = 'non_official') as non_official,
    min(shown.first_year) as first_year,
    max(shown.last_year) as last_year
from wanted
inner join shown on wanted.facet = shown.facet
inner join source on shown.source = source.source
group by wanted.topic
order by wanted.topic;
