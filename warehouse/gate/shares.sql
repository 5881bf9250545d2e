-- One row per source: how many shares it has, and how many that lie outside of 0 to 1 or are not those of the places
-- they list, added up again from the figures. Reads amber.share, figure_part, narrower.

with yearly as (
    select
        source,
        concept,
        unit,
        period_basis,
        place,
        year(period_start) as year,
        dimension,
        category,
        value,
        derived
    from figure_part
    where
        dimension = 'firearm_type'
        and category <> 'TOTAL'
        and variant = ''
        and counterpart is null
        and period_kind = 'year'
        and place_level in ('country', 'admin1')
),

narrow as (
    select
        yearly.source,
        yearly.concept,
        yearly.unit,
        yearly.period_basis,
        yearly.place,
        yearly.year,
        narrower.broader,
        sum(yearly.value) as value
    from yearly
    inner join narrower on yearly.category = narrower.code
    group by all
),

whole as (
    -- A broader type that was added up from narrower ones is in them already.
    select
        yearly.source,
        yearly.concept,
        yearly.unit,
        yearly.period_basis,
        yearly.place,
        yearly.year,
        sum(yearly.value) as value
    from yearly
    left join narrow
        on
            yearly.derived
            and yearly.source = narrow.source
            and yearly.concept = narrow.concept
            and yearly.unit = narrow.unit
            and yearly.period_basis = narrow.period_basis
            and yearly.place = narrow.place
            and yearly.year = narrow.year
            and yearly.category = narrow.broader
            and yearly.value = narrow.value
    where narrow.source is null
    group by all
),

numbered as (
    select
        *,
        row_number() over () as nth
    from amber.share
),

listed as (
    select
        nth,
        source,
        concept,
        unit,
        period_basis,
        category,
        unnest(range(first_year, last_year + 1)) as year,
        places
    from numbered
),

placed as (
    select
        * exclude (places),
        unnest(places) as place
    from listed
),

added as (
    select
        placed.nth,
        sum(yearly.value) as part,
        sum(whole.value) as whole
    from placed
    inner join yearly
        on
            placed.source = yearly.source
            and placed.concept = yearly.concept
            and placed.unit = yearly.unit
            and placed.period_basis = yearly.period_basis
            and placed.place = yearly.place
            and placed.year = yearly.year
            and placed.category = yearly.category
    inner join whole
        on
            placed.source = whole.source
            and placed.concept = whole.concept
            and placed.unit = whole.unit
            and placed.period_basis = whole.period_basis
            and placed.place = whole.place
            and placed.year = whole.year
    group by placed.nth
)

select
    told.source,
    count(*) as shares,
    count_if(
        not coalesce(told.pooled between 0 and 1, true)
        or not coalesce(told.pooled_without_largest between 0 and 1, true)
        or not coalesce(told.mean_of_places between 0 and 1, true)
    ) as out_of_range,
    count_if(
        told.part is distinct from added.part
        or told.whole is distinct from added.whole
        or told.n_places <> len(told.places)
        or abs(coalesce(told.pooled, 0) - coalesce((told.part / nullif(told.whole, 0))::double, 0)) > 0.000001
    ) as wrong_sum,
    count_if(
        (told.headline is not null and told.headline is distinct from told.pooled)
        or (told.headline is null and len(told.reasons) = 0)
    ) as wrong_headline
from numbered as told
left join added on told.nth = added.nth
group by told.source
order by told.source;
