-- The quality rubric of one source: gates, then dimensions, in the rubric's own order.
select
    kind,
    item,
    position,
    computed_score,
    computed_words,
    measure,
    measured,
    basis,
    scorer,
    score,
    words,
    evidence,
    self_score,
    self_words,
    self_evidence
from source_card
where source = $source
order by position, scorer;
