-- What is counted at one place, and over which years.
select
    coalesce(counts_as.counts_as, figure.concept) as concept,
    year(min(figure.period_start)) as first_year,
    year(max(figure.period_start)) as last_year,
    count(distinct figure.source) as sources
from figure_here as figure
left join counts_as
    on
        figure.source = counts_as.source
        and figure.origin_label = counts_as.origin_label
        and figure.concept = counts_as.concept
where figure.place = $place
group by all
order by concept;
