-- One row per source: how many trends it has, and how many whose sums, numbers of places or changes are not those of the
-- places they list, added up again from the figures. Reads amber.trend, figure_part.

with yearly as (
    select
        source,
        concept,
        unit,
        period_basis,
        place,
        year(period_start) as year,
        value
    from figure_part
    where
        dimension = 'total'
        and category = 'TOTAL'
        and variant = ''
        and counterpart is null
        and period_kind = 'year'
        and place_level in ('country', 'admin1')
),

numbered as (
    select
        *,
        row_number() over () as nth
    from amber.trend
),

summed as (
    select
        nth,
        source,
        concept,
        unit,
        period_basis,
        unnest([
            { year: first_year, side: 'first', places: panel || with_gaps || only_first },
            { year: last_year, side: 'last', places: panel || with_gaps || only_last },
            { year: first_year, side: 'first_of_panel', places: panel },
            { year: last_year, side: 'last_of_panel', places: panel }
        ]) as of_side
    from numbered
),

side as (
    select
        * exclude (of_side),
        of_side.year,
        of_side.side,
        unnest(of_side.places) as place
    from summed
),

added as (
    select
        side.nth,
        sum(yearly.value) filter (where side.side = 'first') as first_all,
        sum(yearly.value) filter (where side.side = 'last') as last_all,
        sum(yearly.value) filter (where side.side = 'first_of_panel') as first_panel,
        sum(yearly.value) filter (where side.side = 'last_of_panel') as last_panel,
        count(yearly.value) filter (where side.side = 'first') as n_first,
        count(yearly.value) filter (where side.side = 'last') as n_last,
        count(yearly.value) filter (where side.side = 'first_of_panel') as n_panel
    from side
    left join yearly
        on
            side.source = yearly.source
            and side.concept = yearly.concept
            and side.unit = yearly.unit
            and side.period_basis = yearly.period_basis
            and side.place = yearly.place
            and side.year = yearly.year
    group by side.nth
)

select
    told.source,
    count(*) as trends,
    count_if(
        told.first_all is distinct from added.first_all
        or told.last_all is distinct from added.last_all
        or told.first_panel is distinct from added.first_panel
        or told.last_panel is distinct from added.last_panel
        or told.n_first <> coalesce(added.n_first, 0)
        or told.n_last <> coalesce(added.n_last, 0)
        or told.n_panel <> coalesce(added.n_panel, 0)
    ) as wrong_sum,
    count_if(
        abs(coalesce(told.change_all, 0) - coalesce((told.last_all / nullif(told.first_all, 0))::double - 1, 0)) > 0.000001
        or abs(coalesce(told.change_panel, 0) - coalesce((told.last_panel / nullif(told.first_panel, 0))::double - 1, 0))
        > 0.000001
    ) as wrong_change,
    count_if(
        (told.headline is not null and told.headline is distinct from told.change_panel)
        or (told.headline is null and len(told.reasons) = 0)
    ) as wrong_headline
from numbered as told
left join added on told.nth = added.nth
group by told.source
order by told.source;
