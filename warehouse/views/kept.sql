-- The accepted rows of one source that count, as they were accepted.
-- Reads rule (one row), observation, event, item, kept_file (snapshot, its position in the succession, and file: its
-- number in the order of the hashes).

create or replace temp view source_row_kept as
-- Where files add up (succession 'part'), a later file replaces the same places and periods of an earlier one.
with newest as (
    select
        observation.place,
        observation.period_start,
        observation.period_end,
        max(kept_file.position) as position
    from observation
    inner join kept_file on observation.snapshot = kept_file.snapshot
    cross join rule
    where rule.succession = 'part'
    group by all
)

select
    observation.*,
    kept_file.file
from observation
inner join kept_file on observation.snapshot = kept_file.snapshot
left join newest
    on
        observation.place = newest.place
        and observation.period_start = newest.period_start
        and observation.period_end = newest.period_end
where newest.position is null or newest.position = kept_file.position;

-- Items with their events. Events wait in memory for their items, so each brings only what is asked of it.
create or replace temp view item_source as
with happened as (
    select
        kept_file.file,
        event.event_key,
        event.legal_justification,
        event.place,
        event.place_level,
        event.date_start,
        event.date_end,
        case event.date_precision when 'quarter' then 'quarter' when 'year' then 'year' else 'month' end as period_kind,
        case event.date_precision
            when 'quarter' then date_trunc('quarter', event.date_start)
            when 'year' then date_trunc('year', event.date_start)
            else date_trunc('month', event.date_start)
        end::date as period_start
    from event
    inner join kept_file on event.snapshot = kept_file.snapshot
)

select
    item.*,
    happened.* exclude (event_key)
from item
inner join kept_file on item.snapshot = kept_file.snapshot
inner join happened on kept_file.file = happened.file and item.event_key = happened.event_key;
