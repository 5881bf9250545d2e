-- The caveats that travel with one figure: of its source, and where they name them, of its concept, place and years.
select caveat.text
from caveat
inner join figure on caveat.source = figure.source
where
    figure.figure_id = $figure_id
    and (len(caveat.concepts) = 0 or list_contains(caveat.concepts, figure.concept))
    and (len(caveat.places) = 0 or list_contains(caveat.places, figure.place) or list_contains(caveat.places, figure.country))
    and coalesce(caveat.first_year, 0) <= year(figure.period_end)
    and coalesce(caveat.last_year, 9999) >= year(figure.period_start)
order by caveat.number
