-- One panel: each source's figure for each period, and an empty row where a source has none between the first and the last.
with panel as (
    select *
    from shown($place, $concept)
    where panel = $panel and year between $first and $last
),

period as (
    select distinct
        period_start,
        x,
        period,
        kind
    from panel
    where period_kind <> 'average'
    union
    select
        step::date as period_start,
        year(step) + (month(step) - 1) / 12 as x,
        case kind
            when 'year' then strftime(step, '%Y')
            when 'quarter' then strftime(step, '%Y') || '-Q' || quarter(step)
            else strftime(step, '%Y-%m')
        end as period,
        kind
    from (
        select
            kind,
            unnest(generate_series(
                min(period_start)::timestamp,
                max(period_start)::timestamp,
                to_months(case kind when 'year' then 12 when 'quarter' then 3 else 1 end)
            )) as step
        from panel
        where kind in ('year', 'quarter', 'month')
        group by kind
    ) as steps
),

series as (
    select
        *,
        row_number() over (order by name, source) as number,
        row_number() over (partition by provenance order by name, source) as number_of_kind
    from (select distinct
        source,
        name,
        provenance,
        unit
    from panel) as found
),

slot as (
    select
        series.*,
        period.period,
        period.period_start,
        period.x
    from series
    cross join period
    union
    select
        series.*,
        panel.period,
        panel.period_start,
        panel.x
    from series
    inner join panel on series.source = panel.source
    where panel.period_kind = 'average'
)

select
    slot.*,
    panel.figure_id,
    panel.value,
    panel.low,
    panel.high,
    panel.completeness,
    panel.obs_status,
    panel.period_basis,
    panel.derived,
    panel.publisher
from slot
left join panel on slot.source = panel.source and slot.period = panel.period and slot.period_start = panel.period_start
order by slot.period_start, slot.period, slot.name, slot.source, panel.period_basis, panel.figure_id;
