-- The rows of floors/schema.py on PostgreSQL: 20,000 processes of ten tasks to complete.
CREATE TABLE run (
    id bigint PRIMARY KEY, name text NOT NULL, template_id int NOT NULL, status text NOT NULL,
    completed int NOT NULL, total int NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
);
CREATE TABLE task (
    id bigint PRIMARY KEY, run_id bigint NOT NULL, position int NOT NULL, title text NOT NULL, status text NOT NULL,
    assignee int NOT NULL, deadline timestamptz NOT NULL, form jsonb, completed_at timestamptz, completed_by int
);
CREATE TABLE rule (id int PRIMARY KEY, template_id int NOT NULL, condition text NOT NULL, action text NOT NULL);
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_id bigint NOT NULL, task_id bigint, actor int NOT NULL,
    verb text NOT NULL, at timestamptz NOT NULL, detail text
);
CREATE INDEX task_of_run ON task (run_id, position);
CREATE INDEX task_of_assignee ON task (assignee, status, deadline);
CREATE INDEX rule_of_template ON rule (template_id);
CREATE INDEX audit_of_run ON audit (run_id);
CREATE INDEX audit_at ON audit (at);
INSERT INTO run SELECT n, 'Vendor intake', 1, 'active', 0, 10, now(), now() FROM generate_series(1, 20000) n;
INSERT INTO task SELECT n, (n - 1) / 10 + 1, (n - 1) % 10 + 1, 'Collect documents', 'not-started', 1,
    now() + interval '1 day' FROM generate_series(1, 200000) n;
INSERT INTO rule SELECT n, (n - 1) / 3 + 1, 'field is not empty', 'show a step' FROM generate_series(1, 30) n;
VACUUM ANALYZE;
