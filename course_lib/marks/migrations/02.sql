-- Feedback is a page for each student now.
ALTER TABLE submission DROP COLUMN page;
