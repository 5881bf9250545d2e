-- What each source is called.
select
    source,
    title
from source
order by source;
