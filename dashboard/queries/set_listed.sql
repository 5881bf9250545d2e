-- The figures behind the sums and shares of a set, one a row: those of set_export without what travels with them.
select
    figure.figure_id,
    figure.place,
    figure.place_name,
    figure.period,
    figure.category,
    figure.value,
    figure.unit,
    figure.completeness,
    figure.obs_status
from figure
inner join in_set($set, $places) as member
    on
        figure.place = member.place
        and year(figure.period_start) between member.first_year and member.last_year
where
    figure.source = $source
    and figure.concept = $concept
    and year(figure.period_start) between $first and $last
    and figure.period_kind = 'year'
    and figure.variant = ''
    and figure.counterpart is null
    and (figure.dimension = 'total' or (figure.dimension = 'firearm_type' and figure.category <> 'TOTAL'))
order by figure.place_name, figure.place, figure.period, figure.dimension, figure.category, figure.figure_id;
