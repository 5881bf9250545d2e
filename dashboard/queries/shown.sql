-- What a page shows of a place and a concept: its totals (here.sql) in the longest periods each source has, of the
-- concept and of those it is often set beside. A panel is what may stand on one axis: the same thing, in the same unit,
-- covering the same, over periods of one length; these are the refusals of the view comparison. Made anew on each
-- connection. Worked out once for a place and concept (keep_shown.sql): every other query reads what is kept, as
-- shown($place, $concept).
create or replace temp macro shown_afresh(a_place, a_concept) as table
    with family as (
        select a_concept as concept
        union
        select case when concept_a = a_concept then concept_b else concept_a end as concept
        from concept_pair
        where
            a_concept in (concept_a, concept_b)
            and beside = 'yes'
            -- An expert score stands beside counts only where the score itself was asked for.
            and (ceiling <> 'rank_only' or a_concept = concept_b)
    ),

    held as (
        select
            figure.*,
            year(figure.period_start) as year,
            year(figure.period_start) + (month(figure.period_start) - 1) / 12 as x,
            case when figure.period_kind = 'average' then 'year' else figure.period_kind end as kind,
            coalesce(counts_as.counts_as, figure.concept) as counted,
            definition.subset_of,
            definition.text as definition
        from figure_here as figure
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
            figure.place = a_place
            and (figure.concept in (from family) or counts_as.counts_as in (from family))
        qualify
            dense_rank() over (
                partition by figure.source, figure.concept
                order by case kind when 'year' then 1 when 'quarter' then 2 when 'month' then 3 else 4 end
            ) = 1
    ),

    title as (
        select
            source.*,
            split_part(source.title, ':', 1) as short
        from source
        where source.source in (select held.source from held)
    ),

    named as (
    -- What stands before the colon of a title is its name, unless two sources here share it.
        select
            title.*,
            case when count(*) over (partition by title.short) > 1 then title.title else title.short end as name
        from title
    )

    select
        held.*,
        named.name,
        concat_ws('|', held.counted, held.unit, held.kind, coalesce(held.subset_of, '')) as panel,
        held.counted = a_concept and held.subset_of is null as plain
    from held
    inner join named on held.source = named.source;

create or replace temp table shown_kept as
select
    '' as of_place,
    '' as of_concept,
    *
from shown_afresh('', '')
where false;

create or replace temp macro shown(a_place, a_concept) as table
    select * exclude (of_place, of_concept) from shown_kept
    where of_place = a_place and of_concept = a_concept;
