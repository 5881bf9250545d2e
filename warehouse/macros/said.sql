-- Marks a constant as words for people. Those with something to fill in are written format('… {} …', …), not joined by
-- ||: both can be read from the .sql files whole, and so translated. Where a part is null, so is the sentence.
create or replace macro said(words) as words;
