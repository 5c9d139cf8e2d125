\set task random(1, 200000)
\set run (:task - 1) / 10 + 1
BEGIN;
UPDATE task SET status = 'completed', completed_at = now(), completed_by = 1, form = '{"note":"Documents were checked against the register on the day of receipt; the trade licence is valid until the end of next year and both signatures match."}' WHERE id = :task;
UPDATE run SET completed = completed + 1, updated_at = now() WHERE id = :run;
SELECT id, condition, action FROM rule WHERE template_id = 1;
INSERT INTO audit (run_id, task_id, actor, verb, at) VALUES (:run, :task, 1, 'form-saved', now());
INSERT INTO audit (run_id, task_id, actor, verb, at) VALUES (:run, :task, 1, 'task-completed', now());
END;
