-- Udacity nanodegree: one daily row of counts becomes one event a thing done, at noon of that day
-- (the set has dates only). Test accounts of Udacity's own are left out.

CREATE VIEW enrolments AS
SELECT * FROM read_csv('{data}/udacity_nanodegree/enrollments.csv') WHERE NOT is_udacity;

CREATE VIEW days AS
SELECT account_key, num_courses_visited, total_minutes_visited, lessons_completed,
       projects_completed, strptime(utc_date, '%m/%d/%Y') + INTERVAL 12 HOUR AS done_at
FROM read_csv('{data}/udacity_nanodegree/daily_engagement.csv', types = {{'utc_date': 'VARCHAR'}})
WHERE account_key IN (SELECT account_key FROM enrolments);

CREATE VIEW submissions AS
SELECT * FROM read_csv('{data}/udacity_nanodegree/project_submissions.csv')
WHERE account_key IN (SELECT account_key FROM enrolments);

COPY (
  SELECT account_key AS account_id, min(join_date) AS created_at, 'Student ' || account_key AS name
  FROM enrolments GROUP BY account_key ORDER BY created_at, account_id
) TO '{out}/accounts.csv';

COPY (
  SELECT account_key || '-' || row_number() OVER (PARTITION BY account_key ORDER BY join_date, cancel_date)
           AS subscription_id,
         account_key AS account_id, join_date AS started_at, cancel_date AS ended_at,
         CASE WHEN is_canceled THEN 'cancelled' ELSE 'active' END AS status
  FROM enrolments ORDER BY started_at, subscription_id
) TO '{out}/subscriptions.csv';

COPY (
  SELECT account_key AS account_id, account_key AS person_id, event, done_at AS timestamp, minutes
  FROM (
    SELECT account_key, done_at, 'Studied' AS event, round(total_minutes_visited, 1) AS minutes
    FROM days WHERE total_minutes_visited > 0
    UNION ALL
    SELECT account_key, done_at, 'Lesson Completed', NULL
    FROM days, range(lessons_completed::BIGINT)
    UNION ALL
    SELECT account_key, done_at, 'Project Completed', NULL
    FROM days, range(projects_completed::BIGINT)
    UNION ALL
    SELECT account_key, creation_date + INTERVAL 12 HOUR, 'Project Submitted', NULL
    FROM submissions WHERE creation_date IS NOT NULL
    UNION ALL
    SELECT account_key, completion_date + INTERVAL 12 HOUR,
           CASE WHEN assigned_rating IN ('PASSED', 'DISTINCTION') THEN 'Project Passed'
                ELSE 'Project Returned' END, NULL
    FROM submissions WHERE completion_date IS NOT NULL AND assigned_rating <> 'UNGRADED'
  ) ORDER BY timestamp, account_id, event
) TO '{out}/events.parquet' (FORMAT parquet);

-- What a student is there for: five projects made the degree then.
COPY (
  SELECT account_key || '-degree' AS goal_id, account_key AS account_id, 'Finish the nanodegree' AS title,
         completion_date + INTERVAL 12 HOUR AS updated_at, 5 AS target,
         sum(count(*)) OVER (PARTITION BY account_key ORDER BY completion_date) AS value
  FROM (
    SELECT account_key, lesson_key, min(completion_date) AS completion_date
    FROM submissions WHERE assigned_rating IN ('PASSED', 'DISTINCTION') GROUP BY ALL
  ) GROUP BY account_key, completion_date ORDER BY updated_at, goal_id
) TO '{out}/goals.csv';

COPY (
  SELECT unnest(['lessons', 'projects', 'submissions']) AS feature_id,
         unnest(['Lesson Completed', 'Project Completed', 'Project Submitted']) AS event,
         unnest([true, true, false]) AS core, unnest([false, true, true]) AS high_value,
         TIMESTAMP '2014-11-01' AS updated_at
) TO '{out}/features.csv';
