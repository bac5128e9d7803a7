-- Runs that wait keep their turn when their project closes.

ALTER TABLE run ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('high', 'normal', 'low'));
-- Among runs of one priority the least comes first: the moment in milliseconds at which it was queued, until runs are
-- moved and exchange theirs. So that runs of several projects fall into one order.
ALTER TABLE run ADD COLUMN queue_order INTEGER NOT NULL DEFAULT 0;
-- Until now nobody trained what a crash had left waiting.
UPDATE run SET status = 'interrupted' WHERE status = 'queued';
