-- Totals of the places asked about, over no category and no counterpart, as they stand in figure: each place is read once
-- (keep_here.sql), for a release of millions of figures takes longer to be looked through than to be shown. Made anew on
-- each connection.
create or replace temp table figure_here as
select * from figure
where false;
