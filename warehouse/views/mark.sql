-- What to know before two neighbouring years of one series are read as a change: a number five times the other, another
-- stated origin, a change of method or of effort that the source itself declares. A mark says no number is wrong.
-- Reads figure, place_set.sql.

-- Neighbouring years differ so much that they are marked.
create or replace macro mark_limit() as 5;

create or replace table series_year as
select
    figure.source,
    figure.concept,
    figure.unit,
    figure.period_basis,
    figure.place,
    figure.place_level,
    year(figure.period_start)::integer as year,
    figure.value,
    figure.origin_label
from figure
where
    figure.category = 'TOTAL'
    and figure.dimension = 'total'
    and figure.variant = ''
    and figure.counterpart is null
    and figure.period_kind = 'year'
    and figure.place_level in ('country', 'admin1')
    and figure.value is not null
    and figure.completeness <> 'partial'
    and figure.whole_period
order by all;

-- Neighbouring calendar years of one place in one source, both with a number that is not partial.
create or replace view series_pair as
select
    earlier.source,
    earlier.concept,
    earlier.unit,
    earlier.period_basis,
    earlier.place,
    earlier.place_level,
    earlier.year as first_year,
    later.year as last_year,
    earlier.value as first_value,
    later.value as last_value,
    earlier.origin_label as first_origin,
    later.origin_label as last_origin,
    -- A ratio needs two numbers above zero; a zero is a statement, not a very small number.
    earlier.value > 0 and later.value > 0 as has_ratio,
    earlier.value > 0 and later.value > 0
    and greatest(earlier.value, later.value) >= mark_limit() * least(earlier.value, later.value) as is_jump
from series_year as earlier
inner join series_year as later
    on
        earlier.source = later.source
        and earlier.concept = later.concept
        and earlier.unit = later.unit
        and earlier.period_basis = later.period_basis
        and earlier.place = later.place
        and earlier.year + 1 = later.year;

-- How many pairs were looked at, and how many are marked: no mark among two pairs is not no mark among two hundred.
create or replace view mark_basis as
select
    source,
    concept,
    unit,
    place_level,
    count(distinct place) as n_places,
    count(*) as n_pairs,
    count(*) filter (where has_ratio) as n_with_ratio,
    count(*) filter (where is_jump) as n_jumps,
    count(*) filter (where first_origin is distinct from last_origin) as n_source_mix
from series_pair
group by all
order by all;

create or replace table mark as
with stretch as (
    select
        source,
        concept,
        unit,
        place,
        place_level,
        year(min(period_start))::integer as first_year,
        year(max(period_end))::integer as last_year
    from figure
    where
        category = 'TOTAL'
        and dimension = 'total'
        and variant = ''
        and counterpart is null
        and period_kind = 'year'
        and place_level in ('country', 'admin1')
    group by all
),

marked as (
    select
        source,
        concept,
        unit,
        place,
        place_level,
        first_year,
        last_year,
        'jump' as kind,
        first_value,
        last_value,
        2 as n,
        first_value::varchar as said_first,
        last_value::varchar as said_last,
        null as text
    from series_pair
    where is_jump
    union all
    select
        source,
        concept,
        unit,
        place,
        place_level,
        first_year,
        last_year,
        'source_mix' as kind,
        first_value,
        last_value,
        2 as n,
        coalesce(first_origin, said('none stated')) as said_first,
        coalesce(last_origin, said('none stated')) as said_last,
        null as text
    from series_pair
    where first_origin is distinct from last_origin
    union all
    select
        stretch.source,
        stretch.concept,
        stretch.unit,
        stretch.place,
        stretch.place_level,
        greatest(coalesce(declared.first_year, stretch.first_year), stretch.first_year) as first_year,
        least(coalesce(declared.last_year, stretch.last_year), stretch.last_year) as last_year,
        declared.kind,
        null as first_value,
        null as last_value,
        0 as n,
        null as said_first,
        null as said_last,
        declared.text
    from declared_change as declared
    inner join stretch
        on
            declared.source = stretch.source
            and (len(declared.concepts) = 0 or list_contains(declared.concepts, stretch.concept))
            and (len(declared.places) = 0 or list_contains(declared.places, stretch.place))
            and coalesce(declared.first_year, stretch.first_year) <= stretch.last_year
            and coalesce(declared.last_year, stretch.last_year) >= stretch.first_year
)

select
    source,
    concept,
    unit,
    place,
    place_level,
    case when first_year = last_year then first_year::varchar else first_year || '–' || last_year end as period,
    first_year,
    last_year,
    kind,
    first_value,
    last_value,
    n,
    case kind
        when 'jump'
            then
                format(
                    'Between {:d} and {:d} the number goes from {} to {}: {:d} times or more apart.'
                    || ' Ask what changed in counting before reading it as a trend.',
                    first_year, last_year, number_in_words(first_value), number_in_words(last_value), mark_limit()
                )
        when 'source_mix'
            then
                format(
                    'The stated origin of the number changes from “{}” ({:d}) to “{}” ({:d}):'
                    || ' the two years may not count the same.',
                    said_first, first_year, said_last, last_year
                )
        else format('The source says: {}', text)
    end as sentence
from marked
order by source, concept, unit, place, first_year, last_year, kind, sentence;
