-- Accepted rows of the files in use, counted once more and without the views, for the questions beside this file.
-- Reads accepted_observation, accepted_event, accepted_item, held (source, snapshot, position, used), rule.

create or replace temp table newest as
-- Where files add up, the last one that speaks of a place and period counts.
select
    seen.source,
    seen.place,
    seen.period_start,
    seen.period_end,
    max(held.position) as position
from accepted_observation as seen
inner join held on seen.source = held.source and seen.snapshot = held.snapshot
inner join rule on seen.source = rule.source
where held.used and rule.succession = 'part'
group by all;

create or replace temp table observed as
select
    seen.source,
    seen.concept,
    seen.unit,
    seen.place,
    seen.place_level,
    seen.counterpart,
    seen.period_kind,
    seen.dimension,
    seen.category,
    seen.variant,
    seen.derived,
    count(*) as n_rows,
    count(seen.value) as numbers,
    sum(seen.value) as value,
    bool_and(seen.covered) as covered,
    min(seen.period_start) as first_day,
    max(seen.period_end) as last_day
from accepted_observation as seen
inner join held on seen.source = held.source and seen.snapshot = held.snapshot
left join newest
    on
        seen.source = newest.source
        and seen.place = newest.place
        and seen.period_start = newest.period_start
        and seen.period_end = newest.period_end
where held.used and (newest.position is null or newest.position = held.position)
group by all;

create or replace temp table itemised as
select
    seen.source,
    seen.concept,
    seen.unit,
    seen.firearm_type,
    seen.condition,
    seen.variant,
    count(seen.quantity) as numbers,
    sum(seen.quantity) as value
from accepted_item as seen
inner join held on seen.source = held.source and seen.snapshot = held.snapshot
where held.used
group by all;

create or replace temp table happened as
select
    seen.source,
    seen.place,
    count(*) as n_rows,
    min(date_trunc('month', seen.date_start))::date as first_day,
    max(last_day(seen.date_start)) as last_day
from accepted_event as seen
inner join held on seen.source = held.source and seen.snapshot = held.snapshot
where held.used
group by all;

create or replace temp table reach as
-- What each source's rows reach over: as declared, else from the first to the last accepted row.
select
    rule.source,
    coalesce(any_value(rule.first_day), min(spoken.first_day)) as first_day,
    coalesce(any_value(rule.last_day), max(spoken.last_day)) as last_day,
    coalesce(bool_and(spoken.covered), true) as covered
from rule
left join (
    select source, first_day, last_day, covered from observed
    union all
    select source, first_day, last_day, true as covered from happened
) as spoken on rule.source = spoken.source
group by rule.source;
