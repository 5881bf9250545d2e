-- One rubric for every source, a ministry's or an organisation's: three gates and eight dimensions, each in words. Reads
-- figure, source, snapshot, definition, caveat, quality_rule (items, thresholds, words) and quality_declared (scores of
-- named scorers, or of the source itself, with an evidence link). No total, and no order by any score.

create or replace table source_card as
with item as (
    select distinct
        kind,
        item,
        position::integer as position,
        measure
    from quality_rule
),

spoken as (
    -- One pass over the figures: what they speak of, and how far they reach.
    select
        source,
        place_level,
        place,
        concept,
        year(period_start) as first_year,
        year(period_end) as last_year,
        max(period_end) filter (where whole_period) as last_day,
        bool_or(whole_period and period_kind in ('year', 'average')) as whole_years,
        bool_or(not derived) as any_published
    from figure
    group by all
),

level as (
    select
        source,
        place_level
    from spoken
    group by source, place_level
    qualify row_number() over (partition by source order by count(distinct place) desc, place_level) = 1
),

place_year as (
    select distinct
        spoken.source,
        spoken.place,
        year.year
    from spoken
    inner join level on spoken.source = level.source and spoken.place_level = level.place_level
    cross join
        lateral (
            select unnest(generate_series(spoken.first_year, spoken.last_year)) as year
        ) as year
    -- A year that the files reach only a part of is neither a year held nor a gap.
    where spoken.whole_years
),

published as (
    select distinct source from spoken
    where any_published
),

coverage as (
    select
        place_year.source,
        'coverage' as item,
        (100 * count(*) // (count(distinct place_year.place) * count(distinct place_year.year)))::integer as measured,
        format(
            '{:d} of {:d} cells: {:d} places × {:d} years of which anything is held',
            count(*), count(distinct place_year.place) * count(distinct place_year.year),
            count(distinct place_year.place), count(distinct place_year.year)
        ) as basis
    from place_year
    inner join source on place_year.source = source.source
    -- Where an absent row stands for zero, or events are counted, an empty cell of the grid is no gap.
    where
        source.absent <> 'zero'
        and source.source in (select published.source from published)
    group by place_year.source
),

newest as (
    select
        spoken.source,
        max(spoken.last_day) as last_day
    from spoken
    group by spoken.source
),

timeliness as (
    select
        newest.source,
        'timeliness' as item,
        max(snapshot.released) - newest.last_day as measured,
        format('last period to {}, published {}', newest.last_day, max(snapshot.released)) as basis
    from newest
    inner join snapshot on newest.source = snapshot.source
    where snapshot.current
    group by newest.source, newest.last_day
    -- A publisher's date before the end of the last period is that of the period, not of the publication.
    having max(snapshot.released) > newest.last_day
),

held_year as (
    select distinct
        source,
        year
    from place_year
),

run as (
    select
        source,
        year,
        year - row_number() over (partition by source order by year) as start
    from held_year
),

stretch as (
    select
        source,
        count(*)::integer as years,
        min(year) as first_year,
        max(year) as last_year
    from run
    group by source, start
),

continuity as (
    select
        source,
        'continuity' as item,
        years as measured,
        format('{:d} to {:d}', first_year, last_year) as basis
    from stretch
    qualify row_number() over (partition by source order by years desc, first_year desc) = 1
),

concept as (
    select distinct
        source,
        concept
    from spoken
),

undefined as (
    select
        concept.source,
        count(*) as concepts
    from concept
    left join definition on concept.source = definition.source and concept.concept = definition.concept
    where definition.definition_id is null
    group by concept.source
),

document as (
    select
        source.source,
        list_filter([
            case when source.producer <> '' then said('who counted') end,
            case when source.publisher <> '' then said('who released') end,
            case when source.address <> '' then said('address') end,
            case when source.citation <> '' then said('citation') end,
            case when source.licence <> '' and not starts_with(source.licence, 'LicenseRef-none') then said('licence') end,
            case when source.description <> '' then said('description') end,
            case when coalesce(undefined.concepts, 0) = 0 then said('a definition of each thing counted') end,
            case when source.source in (select caveat.source from caveat) then said('caveats') end
        ], lambda held: held is not null) as held
    from source
    left join undefined on source.source = undefined.source
    where source.source in (select concept.source from concept)
),

measured as (
    select * from coverage
    union all by name
    select * from timeliness
    union all by name
    select * from continuity
    union all by name
    select
        source,
        'documentation' as item,
        (100 * len(held) // 8)::integer as measured,
        format('{:d} of 8 held: {}', len(held), array_to_string(held, ', ')) as basis
    from document
),

computed as (
    select
        measured.source,
        measured.item,
        measured.measured,
        measured.basis,
        max(quality_rule.score::integer) as score
    from measured
    inner join quality_rule
        on
            measured.item = quality_rule.item
            and measured.measured >= coalesce(quality_rule.at_least::integer, measured.measured)
            and measured.measured <= coalesce(quality_rule.at_most::integer, measured.measured)
    group by all
),

-- A score without an evidence link is not taken.
declared as (
    select * from quality_declared
    where evidence <> '' and score <> ''
)

select
    source.source,
    item.kind,
    item.item,
    item.position,
    computed.score::varchar as computed_score,
    coalesce(computed_words.words, said('not scored')) as computed_words,
    case when computed.measured is not null then item.measure end as measure,
    computed.measured,
    computed.basis,
    by_other.scorer,
    by_other.score,
    coalesce(other_words.words, said('not scored')) as words,
    by_other.evidence,
    by_self.score as self_score,
    coalesce(self_words.words, said('not scored')) as self_words,
    by_self.evidence as self_evidence
from source
cross join item
left join computed on source.source = computed.source and item.item = computed.item
left join declared as by_other
    on source.source = by_other.source and item.item = by_other.item and by_other.scorer <> 'self'
left join declared as by_self
    on source.source = by_self.source and item.item = by_self.item and by_self.scorer = 'self'
left join quality_rule as computed_words
    on item.item = computed_words.item and computed.score::varchar = computed_words.score
left join quality_rule as other_words on item.item = other_words.item and by_other.score = other_words.score
left join quality_rule as self_words on item.item = self_words.item and by_self.score = self_words.score
order by source.source, item.position, by_other.scorer;

comment on table source_card is 'The same rubric for every source: three gates, eight dimensions, in words; no total and no order.';
comment on column source_card.kind is 'gate (pass or fail) or dimension (0 to 3).';
comment on column source_card.computed_score is 'From the data, by the thresholds of quality_rule; empty where it cannot be computed.';
comment on column source_card.computed_words is 'That score in words, or: not scored.';
comment on column source_card.measured is 'The number the thresholds are applied to.';
comment on column source_card.basis is 'What that number was made of.';
comment on column source_card.scorer is 'Who else scored it; their score stands beside the source''s own.';
comment on column source_card.score is 'Their score, taken only with an evidence link.';
comment on column source_card.self_score is 'The source''s own score, taken only with an evidence link.';
