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
-- Added up before the files in use are picked: the millions of rows are read once and joined with nothing.
with by_file as (
    select
        source,
        snapshot,
        concept,
        unit,
        firearm_type,
        condition,
        variant,
        count(quantity) as numbers,
        sum(quantity) as value
    from accepted_item
    group by all
)

select by_file.* exclude (snapshot)
from by_file
inner join held on by_file.source = held.source and by_file.snapshot = held.snapshot
where held.used;

create or replace temp table happened as
with period_of (date_precision, period_kind, months) as (
    values
    ('day', 'month', 1), ('week', 'month', 1), ('month', 'month', 1), ('quarter', 'quarter', 3), ('year', 'year', 12)
),

by_file as (
    select
        source,
        snapshot,
        place,
        date_precision,
        count(*) as n_rows,
        min(date_start) as first_start,
        max(date_start) as last_start
    from accepted_event
    group by all
)

select
    by_file.source,
    by_file.place,
    by_file.n_rows,
    date_trunc(period_of.period_kind, by_file.first_start)::date as first_day,
    last_day(date_trunc(period_of.period_kind, by_file.last_start)::date + to_months(period_of.months - 1)) as last_day
from by_file
inner join period_of on by_file.date_precision = period_of.date_precision
inner join held on by_file.source = held.source and by_file.snapshot = held.snapshot
where held.used;

create or replace temp table reach as
-- What each source's rows reach over: as declared, else from the first to the last accepted row.
with spoken as (
    select
        source,
        first_day,
        last_day,
        covered
    from observed
    union all
    select
        source,
        first_day,
        last_day,
        true as covered
    from happened
)

select
    rule.source,
    coalesce(any_value(rule.first_day), min(spoken.first_day)) as first_day,
    coalesce(any_value(rule.last_day), max(spoken.last_day)) as last_day,
    coalesce(bool_and(spoken.covered), true) as covered
from rule
left join spoken on rule.source = spoken.source
group by rule.source;
