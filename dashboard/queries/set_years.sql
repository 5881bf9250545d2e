-- Sums year by year: over all places with a figure that adds up, and over those of the constant panel; and which places
-- have one that had none in the year with figures before, or have none any more.
with taken as (
    select
        total.year,
        total.place,
        total.value,
        list_contains($panel::varchar[], total.place) as in_panel
    from total_in_set($set, $places, $source, $concept, $published) as total
    where
        total.is_taken
        and total.unit = $unit
        and total.period_basis = $basis
        and total.year between $first and $last
),

summed as (
    select
        year,
        sum(value) as all_places,
        count(*) as n_all,
        sum(value) filter (where in_panel) as same_places,
        count(*) filter (where in_panel) as n_same,
        list(place order by place) as places
    from taken
    group by year
),

compared as (
    select
        * exclude (places),
        list_filter(places, lambda place: not list_contains(before, place)) as entered,
        list_filter(before, lambda place: not list_contains(places, place)) as gone
    from (
        select
            *,
            lag(places) over (order by year) as before
        from summed
    ) as pair
)

select
    slot.year,
    compared.all_places,
    compared.n_all,
    compared.same_places,
    compared.n_same,
    coalesce(compared.entered, []) as entered,
    coalesce(compared.gone, []) as gone
from (select unnest(range($first::integer, $last::integer + 1)) as year) as slot
left join compared on slot.year = compared.year
order by slot.year;
