-- What a publisher or a government said of a source or a figure, and what it was invited to say. Reads stated (the
-- ledger's acts, oldest first). That nothing came is said only of a recorded invitation that nothing followed.

create or replace table statement as
with answer as (
    select * from stated
    where status in ('replied', 'explained', 'corrected', 'disputed') and text <> ''
)

select
    stated.source,
    stated.figure_id,
    stated.party,
    stated.dated,
    stated.text,
    stated.status,
    case
        when
            stated.status = 'invited'
            and not exists (
                select 1 from answer
                where
                    answer.source = stated.source
                    and answer.party = stated.party
                    and answer.act >= stated.act
                    and (answer.figure_id is null or answer.figure_id = stated.figure_id)
            )
            then said('no statement has been received')
    end as no_statement,
    stated.act
from stated
order by stated.act;

-- Those that accompany one figure: made of it, or of its whole source. Where a figure is null, those of the source.
create or replace macro statements_of(a_source, a_figure) as (
    select
        coalesce(list(
            case
                when statement.no_statement is not null
                    then format('{} was invited on {}: {}.', statement.party, statement.dated, statement.no_statement)
                else format('{} ({}): {}', statement.party, statement.dated, statement.text)
            end
            order by statement.act
        ), [])
    from statement
    where
        statement.source = a_source
        and coalesce(statement.figure_id, a_figure, '') = coalesce(a_figure, '')
        and (statement.no_statement is not null or statement.text <> '')
);

comment on table statement is 'Dated statements of publishers and governments that accompany a source or figure, at equal size.';
comment on column statement.figure_id is 'The figure it is about; empty where it is about the whole source.';
comment on column statement.party is 'Who makes it, or was invited to.';
comment on column statement.status is 'open, invited, replied, explained, corrected, disputed or no_reply.';
comment on column statement.no_statement is 'Exactly “no statement has been received”, only beside an invitation that no statement followed.';
comment on column statement.act is 'Number of the act in the ledger.';
