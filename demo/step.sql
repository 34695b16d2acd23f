-- Writes down when the step called :step began; the last page of the story tells how long each took.
INSERT INTO step VALUES (:'step', clock_timestamp());
