-- One source's figures for the starter set. Reads level (what may be quoted), said (who published it), and the steps
-- of figure.sql. Where the quoted places do not hold all of a wider one, the rest stands in one row of its own.

create or replace temp macro trim_zeros(number) as regexp_replace(
    regexp_replace(number::varchar, '0+$', ''), '\.$', ''
);

create or replace temp table starter as
with step as (
    select
        'by_period' as step,
        *
    from by_period
    union all by name
    select
        'by_place' as step,
        *
    from by_place
),

quoted as (
    select step.*
    from step
    cross join level
    where
        step.step = level.step
        and (level.place_level is null or step.place_level = level.place_level)
        and (level.period_kind is null or step.period_kind = level.period_kind)
        and (level.dimension is null or (step.dimension = level.dimension and step.variant = ''))
        and (level.concept is null or step.concept = level.concept)
        and (level.last_year is null or year(step.period_end) <= level.last_year::integer)
        and (step.value is not null or step.step = 'by_period')
),

held as (
    select
        place_up.ancestor,
        quoted.concept,
        quoted.unit,
        quoted.period_start,
        quoted.period_kind,
        sum(quoted.value) as value,
        sum(quoted.n_rows)::integer as n_rows
    from quoted
    inner join place_up on quoted.place = place_up.place
    where place_up.ancestor_level = 'admin1'
    group by all
),

rest as (
    select
        whole.* replace (
            whole.value - held.value as value,
            1 as n_parts,
            1 as n_expected,
            whole.n_rows - held.n_rows as n_rows,
            true as derived
        ),
        format('The rest of {}: areas that lie in several of its places.', whole.place) as rest
    from by_place as whole
    cross join level
    inner join held
        on
            whole.place = held.ancestor
            and whole.concept = held.concept
            and whole.unit = held.unit
            and whole.period_start = held.period_start
            and whole.period_kind = held.period_kind
    cross join rule
    where
        level.place_level = 'admin2'
        and list_contains(rule.place_levels, 'admin1')
        and whole.place_level = 'admin1'
        and whole.dimension = 'total'
        and whole.variant = ''
        and whole.value > held.value
),

told as (
    select
        *,
        null as rest
    from quoted
    union all by name
    select * from rest
),

reach as (
    select
        coalesce(max(rule.first_day), min(cell.period_start)) as first_day,
        coalesce(max(rule.last_day), max(cell.period_end)) as last_day
    from cell
    cross join rule
)

select
    said.source,
    concept,
    unit,
    place,
    counterpart,
    counterpart_role,
    case period_kind
        when 'year' then strftime(period_start, '%Y')
        when 'month' then strftime(period_start, '%Y-%m')
        when 'average' then strftime(period_start, '%Y') || '/' || strftime(period_end, '%Y')
    end as period,
    period_basis,
    dimension,
    category,
    variant,
    trim_zeros(value) as value,
    trim_zeros(low) as low,
    trim_zeros(high) as high,
    obs_status,
    origin_label,
    mapping_relation,
    coalesce(rest, footnote) as footnote,
    derived,
    n_parts,
    n_expected,
    covered and (not derived or (period_start >= reach.first_day and period_end <= reach.last_day)) as covered,
    said.publisher,
    said.title,
    said.citation,
    said.address,
    case
        when derived then format('calculated by the commons from {:d} rows of {}', n_rows, said.files)
        else format('as published in {}', said.files)
    end as calculation
from told
cross join said
cross join reach
order by all;
