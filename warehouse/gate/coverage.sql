-- One row per source: how many places and years coverage speaks of, and how many under another word than those of the
-- code list, twice, or called a number or a zero against the figures. Reads amber.coverage, amber.coverage_of_set,
-- amber.counts_as, figure_part, status (status).

with told as (
    select
        source,
        concept,
        place,
        year,
        count(*) as times,
        any_value(status) as status
    from amber.coverage
    group by all
),

stated as (
    -- A place and year has a number where a total of it is above zero, and a zero where each is.
    select
        figure_part.source,
        figure_part.concept,
        figure_part.place,
        unnest(range(year(figure_part.period_start), year(figure_part.period_end) + 1)) as year,
        max(figure_part.value) as most
    from figure_part
    left join amber.counts_as as counts_as
        on
            figure_part.source = counts_as.source
            and figure_part.origin_label = counts_as.origin_label
            and figure_part.concept = counts_as.concept
    where
        counts_as.source is null
        and dimension = 'total'
        and category = 'TOTAL'
        and variant = ''
        and counterpart is null
        and period_kind in ('year', 'average')
    group by figure_part.source, figure_part.concept, figure_part.place, figure_part.period_start, figure_part.period_end
),

held as (
    select
        source,
        concept,
        place,
        year,
        case when max(most) > 0 then 'reported_number' else 'reported_zero' end as status
    from stated
    group by all
),

of_set as (
    select
        source,
        count(*) as sets,
        count_if(
            n_places <> reported_number + reported_zero + suppressed + breakdown_only + not_yet_published
            + file_held_no_figure_for_place + no_file_held
        ) as not_adding_up
    from amber.coverage_of_set
    group by source
)

select
    told.source,
    sum(told.times)::bigint as cells,
    any_value(coalesce(of_set.sets, 0)) as sets,
    count_if(status.status is null) as other_word,
    sum(told.times - 1)::bigint as again,
    count_if(
        (held.status is not null and told.status <> held.status)
        or (held.status is null and told.status in ('reported_number', 'reported_zero'))
    ) as against_figures,
    any_value(coalesce(of_set.not_adding_up, 0)) as not_adding_up
from told
left join status on told.status = status.status
left join held
    on told.source = held.source and told.concept = held.concept and told.place = held.place and told.year = held.year
left join of_set on told.source = of_set.source
group by told.source
order by told.source;
