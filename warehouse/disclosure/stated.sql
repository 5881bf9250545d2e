-- Each sum that could be published beside the source's own figure of it: they must be one and the same.
-- Reads cells (disclosure_cell), own_figure.
select
    cells.*,
    own_figure.value as stated
from cells
left join own_figure
    on
        cells.concept = own_figure.concept
        and cells.unit = own_figure.unit
        and cells.period_start = own_figure.period_start
        and cells.period_basis = own_figure.period_basis
        and cells.place = own_figure.place
        and cells.dimension = own_figure.dimension
        and cells.category = own_figure.category
        and own_figure.period_kind = 'year'
        and own_figure.variant = ''
        and own_figure.counterpart is null
order by
    cells.concept, cells.unit, cells.period_start, cells.period_basis, cells.place, cells.dimension, cells.category
