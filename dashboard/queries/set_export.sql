-- The figures behind the sums, the shares and the flows of a set, one a row, each with what must travel with it.
with wanted as (
    select figure.*
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
    union all
    select figure.*
    from figure
    inner join flow on figure.figure_id = flow.figure_id
    where
        flow.period = $period
        and flow.dimension = 'total'
        and flow.category = 'TOTAL'
        and flow.variant = ''
        and flow.origin in (select member.place from in_set($set, $places) as member)
        and flow.destination in (select member.place from in_set($set, $places) as member)
)

select
    wanted.figure_id,
    $release as of_release,
    source_name.name,
    wanted.source,
    wanted.producer,
    wanted.publisher,
    wanted.provenance,
    coalesce(counts_as.counts_as, wanted.concept) as concept,
    wanted.unit,
    wanted.place,
    wanted.place_name,
    wanted.counterpart,
    wanted.counterpart_role,
    wanted.period,
    wanted.period_basis,
    wanted.dimension,
    wanted.category,
    wanted.value,
    wanted.low,
    wanted.high,
    wanted.completeness,
    wanted.derived,
    wanted.obs_status,
    definition.text as definition,
    source_name.citation,
    source_name.licence,
    array_to_string(caveats_of(wanted.source, wanted.concept, wanted.place, year(wanted.period_start), year(wanted.period_end)), ' ') as caveats,
    array_to_string(statements_of(wanted.source, wanted.figure_id), ' ') as statements
from wanted
inner join source_name() as source_name on wanted.source = source_name.source
left join counts_as
    on
        wanted.source = counts_as.source
        and wanted.origin_label = counts_as.origin_label
        and wanted.concept = counts_as.concept
left join definition
    on
        wanted.source = definition.source
        and wanted.definition_id = definition.definition_id
        and wanted.concept = definition.concept
order by
    source_name.name, wanted.source, wanted.place_name, wanted.place, wanted.counterpart, wanted.period, wanted.dimension,
    wanted.category, wanted.figure_id;
