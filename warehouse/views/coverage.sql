-- What is held here, place by place and year by year, for every source that could speak of the place. A missing figure
-- is not zero and says nothing about why it is missing. Status codes are those of the code list no_figure, and
-- reported_number. Reads figure, place, place_up, source, issue, counts_as, disclosure, set_member (place_set.sql).

create or replace table coverage as
with counted as (
    -- Any figure at all, at any level: what of a place and of years it speaks of.
    select
        source,
        concept,
        place,
        year(period_start) as first_year,
        year(period_end) as last_year,
        origin_label,
        category = 'TOTAL' and dimension = 'total' and variant = '' and counterpart is null
        and period_kind in ('year', 'average') and value is not null as is_total,
        bool_or(obs_status = 'Q') as is_suppressed,
        count(*) as n_figures,
        bool_or(value > 0) as above_zero,
        bool_or(completeness = 'partial' or not whole_period) as is_partial,
        bool_or(completeness = 'unknown') as is_unknown,
        bool_or(period_kind = 'average') as is_average
    from figure
    group by all
),

stated as (
    select
        counted.* exclude (origin_label),
        counts_as.reason as otherwise
    from counted
    left join counts_as
        on
            counted.source = counts_as.source
            and counted.origin_label = counts_as.origin_label
            and counted.concept = counts_as.concept
),

told as (
    -- One row per year: an average speaks of each of its years.
    select
        source,
        concept,
        place,
        year,
        otherwise,
        bool_or(is_suppressed) as is_suppressed,
        sum(n_figures) filter (where is_total) as n_totals,
        bool_or(above_zero) filter (where is_total) as above_zero,
        bool_or(is_partial) filter (where is_total) as is_partial,
        bool_or(is_unknown) filter (where is_total) as is_unknown,
        bool_or(is_average) filter (where is_total) as is_average
    from (
        select
            *,
            unnest(range(first_year, last_year + 1))::integer as year
        from stated
    ) as of_year
    group by source, concept, place, year, otherwise
),

spoken as (
    -- The same for the country and the first-level place each of them lies in: parts, without a total of its own.
    select
        told.source,
        told.concept,
        place_up.ancestor as place,
        place_up.ancestor_level as place_level,
        told.year,
        max(told.otherwise) as otherwise,
        coalesce(bool_or(told.is_suppressed) filter (where told.place = place_up.ancestor), false) as is_suppressed,
        coalesce(sum(told.n_totals) filter (where told.place = place_up.ancestor and told.otherwise is null), 0)::integer
            as n_totals,
        bool_or(told.above_zero) filter (where told.place = place_up.ancestor and told.otherwise is null) as above_zero,
        bool_or(told.is_partial) filter (where told.place = place_up.ancestor) as is_partial,
        bool_or(told.is_unknown) filter (where told.place = place_up.ancestor) as is_unknown,
        bool_or(told.is_average) filter (where told.place = place_up.ancestor) as is_average,
        count(*) filter (where told.otherwise is null) as n_parts
    from told
    inner join place_up on told.place = place_up.place
    where place_up.ancestor_level in ('country', 'admin1')
    group by all
),

reach as (
    -- Of what a source could speak: all countries, one country with its first-level places, or one of these.
    select
        source.source,
        source.provenance,
        source.provenance_subclass = 'intergovernmental' or count(distinct place.country) > 1 as is_world,
        min(place.country) as country,
        case
            when count(*) filter (where told.place = place.country) = 0 and count(distinct first_level.ancestor) = 1
                then min(first_level.ancestor)
        end as only_place
    from source
    inner join told on source.source = told.source
    inner join place on told.place = place.code
    left join place_up as first_level on place.code = first_level.place and first_level.ancestor_level = 'admin1'
    group by source.source, source.provenance, source.provenance_subclass
),

universe as (
    select
        reach.source,
        reach.provenance,
        place.code as place,
        place.level as place_level,
        place.country
    from reach
    inner join place
        on
            case
                when reach.is_world then place.level = 'country'
                when reach.only_place is not null then reach.only_place = place.code
                else
                    reach.country = place.code
                    or (reach.country = place.country and place.level = 'admin1' and place.kind <> 'own_register')
            end
    -- Which smaller places a source speaks of is for those who may see its own figures.
    where place.level = 'country' or reach.source not in (select disclosure.source from disclosure)
),

concept_year as (
    -- Years any source speaks of a concept; for a source without a file for one of them, no file is held.
    select
        concept,
        unnest(range(first_year, last_year + 1))::integer as year
    from (
        select
            told.concept,
            min(told.year) as first_year,
            max(told.year) as last_year
        from told
        group by told.concept
    ) as reach_of_concept
),

file_year as (
    select distinct
        source,
        year
    from told
),

unpublished as (
    -- Rows a publisher has laid out but not filled stand at the end of a file.
    select
        file_year.source,
        max(file_year.year) as from_year
    from file_year
    where
        file_year.source in (
            select issue.source
            from issue
            where issue.kind = 'skipped_not_published_yet'
        )
    group by file_year.source
),

asked as (
    select
        universe.*,
        own_concept.concept,
        concept_year.year
    from universe
    inner join (
        select distinct
            told.source,
            told.concept
        from told
    ) as own_concept on universe.source = own_concept.source
    inner join concept_year on own_concept.concept = concept_year.concept
)

select
    asked.source,
    asked.provenance,
    asked.concept,
    asked.place,
    asked.place_level,
    asked.country,
    asked.year,
    case
        when spoken.n_totals > 0 and spoken.above_zero then 'reported_number'
        when spoken.n_totals > 0 then 'reported_zero'
        when spoken.is_suppressed then 'suppressed'
        when spoken.n_parts > 0 then 'breakdown_only'
        when asked.year >= unpublished.from_year then 'not_yet_published'
        when file_year.source is not null then 'file_held_no_figure_for_place'
        else 'no_file_held'
    end as status,
    coalesce(spoken.n_totals, 0) as n_figures,
    case
        when spoken.n_totals > 0 and spoken.is_partial then 'partial'
        when spoken.n_totals > 0 and spoken.is_unknown then 'unknown'
        when spoken.n_totals > 0 then 'complete'
    end as completeness,
    case
        when spoken.otherwise is not null then spoken.otherwise
        when spoken.n_totals > 0 and spoken.is_average then said('The number is an average over several years.')
        when spoken.n_totals > 0 and spoken.is_partial and asked.year >= unpublished.from_year
            then said('The rest of the year is not yet published.')
        when spoken.n_totals > 0 and spoken.is_partial then said('The number is partial: read “at least”.')
        when spoken.n_totals = 0 and spoken.n_parts > 0
            then said('Parts are reported (types, months or smaller places), no total of the year.')
    end as note
from asked
left join spoken
    on
        asked.source = spoken.source
        and asked.concept = spoken.concept
        and asked.place = spoken.place
        and asked.year = spoken.year
left join file_year on asked.source = file_year.source and asked.year = file_year.year
left join unpublished on asked.source = unpublished.source
order by asked.source, asked.concept, asked.place, asked.year;

-- The same by class of source. Where no source of a class could speak of the place, no file of that class is held.
create or replace view coverage_by_class as
with wanted as (
    select distinct
        coverage.concept,
        coverage.place,
        coverage.place_level,
        coverage.country,
        coverage.year
    from coverage
),

class as (
    select unnest(['official', 'non_official', 'combined']) as provenance
)

select
    wanted.concept,
    wanted.place,
    wanted.place_level,
    wanted.country,
    wanted.year,
    class.provenance,
    case
        when bool_or(coverage.status = 'reported_number') then 'reported_number'
        when bool_or(coverage.status = 'reported_zero') then 'reported_zero'
        when bool_or(coverage.status = 'suppressed') then 'suppressed'
        when bool_or(coverage.status = 'breakdown_only') then 'breakdown_only'
        when bool_or(coverage.status = 'not_yet_published') then 'not_yet_published'
        when bool_or(coverage.status = 'file_held_no_figure_for_place') then 'file_held_no_figure_for_place'
        else 'no_file_held'
    end as status,
    count(coverage.source) as n_sources,
    count(coverage.source) filter (where coverage.n_figures > 0) as n_reporting,
    coalesce(
        list(coverage.source order by coverage.source) filter (where coverage.n_figures > 0), []
    ) as reporting
from wanted
cross join class
left join coverage
    on
        wanted.concept = coverage.concept
        and wanted.place = coverage.place
        and wanted.year = coverage.year
        and class.provenance = coverage.provenance
group by all
order by wanted.concept, wanted.place, wanted.year, class.provenance;

-- Named sets: how many of the places a source could speak of are in each status, members as of each year.
create or replace view coverage_of_set as
select
    coverage.source,
    coverage.provenance,
    coverage.concept,
    set_member.place_set,
    set_member.set_name,
    coverage.year,
    count(*) as n_places,
    count(*) filter (where coverage.status = 'reported_number') as reported_number,
    count(*) filter (where coverage.status = 'reported_zero') as reported_zero,
    count(*) filter (where coverage.status = 'suppressed') as suppressed,
    count(*) filter (where coverage.status = 'breakdown_only') as breakdown_only,
    count(*) filter (where coverage.status = 'not_yet_published') as not_yet_published,
    count(*) filter (where coverage.status = 'file_held_no_figure_for_place') as file_held_no_figure_for_place,
    count(*) filter (where coverage.status = 'no_file_held') as no_file_held
from coverage
inner join set_member
    on
        coverage.place = set_member.place
        and coverage.place_level = set_member.place_level
        and coverage.year between set_member.first_year and set_member.last_year
group by all
order by coverage.source, coverage.concept, set_member.place_set, coverage.year;

create or replace view coverage_of_set_by_class as
select
    coverage_by_class.provenance,
    coverage_by_class.concept,
    set_member.place_set,
    set_member.set_name,
    coverage_by_class.year,
    count(*) as n_places,
    count(*) filter (where coverage_by_class.status = 'reported_number') as reported_number,
    count(*) filter (where coverage_by_class.status = 'reported_zero') as reported_zero,
    count(*) filter (where coverage_by_class.status = 'suppressed') as suppressed,
    count(*) filter (where coverage_by_class.status = 'breakdown_only') as breakdown_only,
    count(*) filter (where coverage_by_class.status = 'not_yet_published') as not_yet_published,
    count(*) filter (where coverage_by_class.status = 'file_held_no_figure_for_place') as file_held_no_figure_for_place,
    count(*) filter (where coverage_by_class.status = 'no_file_held') as no_file_held
from coverage_by_class
inner join set_member
    on
        coverage_by_class.place = set_member.place
        and coverage_by_class.place_level = set_member.place_level
        and coverage_by_class.year between set_member.first_year and set_member.last_year
group by all
order by coverage_by_class.provenance, coverage_by_class.concept, set_member.place_set, coverage_by_class.year;
