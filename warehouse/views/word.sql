-- Every word and every code of a place that a cell or figure of one source may hold. As enums these are small numbers with
-- the order of their texts: millions of rows are joined, grouped and sorted without the texts.
-- Reads rule (one row), observation, event, item, place, period_length, narrower.

create or replace temp view word_told as
with told as (
    select [
        '', 'total', 'TOTAL', 'firearm_type', 'condition', 'legal_justification', 'exactMatch', 'calendar', 'A',
        'complete', 'partial', 'unknown'
    ] as words
    union all
    select [producer, publisher, provenance, provenance_subclass, boundary_version, tier] as words
    from rule
    union all
    select list(period_kind) as words
    from period_length
    union all
    select list(broader) || list(code) as words
    from narrower
    union all
    select list(distinct level) as words
    from place
    union all
    select
        flatten([
            list(distinct concept), list(distinct unit), list(distinct place_level),
            list(distinct counterpart_role), list(distinct period_kind), list(distinct period_basis),
            list(distinct dimension), list(distinct category), list(distinct variant), list(distinct obs_status),
            list(distinct origin_label), list(distinct definition_id), list(distinct mapping_relation)
        ]) as words
    from observation
    union all
    select
        flatten([
            list(distinct concept), list(distinct unit), list(distinct firearm_type), list(distinct variant),
            list(distinct condition), list(distinct definition_id), list(distinct mapping_relation)
        ]) as words
    from item
    union all
    select flatten([list(distinct place_level), list(distinct legal_justification)]) as words
    from event
)

select distinct unnest(words) as word
from told;

create or replace type word as enum (  -- noqa: CV07
    select word from word_told
    where word is not null
    order by word
);

create or replace temp view place_told as
select code from place
union
select country as code from place
union
select place as code from observation
union
select counterpart as code from observation
union
select place as code from event;

create or replace type place_code as enum (  -- noqa: CV07
    select code from place_told
    where code is not null
    order by code
);
