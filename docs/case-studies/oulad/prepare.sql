-- Open University: a student in a presentation is an account; withdrawing is churn. The set counts
-- days from the first day of the presentation and keeps that day to itself: presentation B begins in
-- February, J in October, and the first of the month stands for it here.

CREATE VIEW starts AS SELECT * FROM (VALUES
  ('AAA', '2013J', TIMESTAMP '2013-10-01'), ('BBB', '2013B', TIMESTAMP '2013-02-01')
) AS t(code_module, code_presentation, first_day);

CREATE VIEW registrations AS
SELECT code_module || '-' || id_student AS account_id, r.*, s.first_day
FROM read_csv('{data}/oulad/studentRegistration.csv', nullstr = '?') r
JOIN starts s USING (code_module, code_presentation);

COPY (
  SELECT account_id, 'Student ' || account_id AS name, region AS country,
         first_day + to_days(coalesce(date_registration, 0)::INTEGER) AS created_at,
         code_module AS channel, highest_education, num_of_prev_attempts, studied_credits
  FROM registrations
  JOIN read_csv('{data}/oulad/studentInfo.csv', nullstr = '?') AS i
       USING (code_module, code_presentation, id_student)
  ORDER BY created_at, account_id
) TO '{out}/accounts.csv';

-- Those who stay until the end are let go then; the periods of validation end before.
COPY (
  SELECT account_id AS subscription_id, account_id,
         first_day + to_days(coalesce(date_registration, 0)::INTEGER) AS started_at,
         first_day + to_days(coalesce(date_unregistration, module_presentation_length)::INTEGER)
           AS ended_at,
         code_module AS plan_id, 'active' AS status
  FROM registrations
  JOIN read_csv('{data}/oulad/courses.csv') AS c USING (code_module, code_presentation)
  WHERE date_unregistration IS NULL OR date_unregistration > coalesce(date_registration, 0)
  ORDER BY started_at, account_id
) TO '{out}/subscriptions.csv';

COPY (
  SELECT code_module || '-' || id_student AS account_id, code_module || '-' || id_student AS person_id,
         activity_type AS event, first_day + to_days(date::INTEGER) + INTERVAL 12 HOUR AS timestamp,
         sum(sum_click) AS clicks
  FROM read_parquet('{data}/oulad/studentVle.parquet')
  JOIN starts USING (code_module, code_presentation)
  JOIN read_csv('{data}/oulad/vle.csv', nullstr = '?') AS v USING (code_module, code_presentation, id_site)
  GROUP BY ALL
  UNION ALL
  SELECT code_module || '-' || id_student, code_module || '-' || id_student, 'assessment submitted',
         first_day + to_days(date_submitted::INTEGER) + INTERVAL 12 HOUR, NULL
  FROM read_csv('{data}/oulad/studentAssessment.csv', nullstr = '?') AS s
  JOIN read_csv('{data}/oulad/assessments.csv', nullstr = '?') AS a USING (id_assessment)
  JOIN starts USING (code_module, code_presentation)
  WHERE NOT is_banked
  ORDER BY timestamp, account_id, event
) TO '{out}/events.parquet' (FORMAT parquet);

-- The outcome: coursework passed so far, as a share of all there is to score (100 a presentation).
COPY (
  SELECT account_id || '-pass' AS goal_id, account_id, 'Pass the coursework' AS title, 100 AS target,
         first_day + to_days(date_submitted::INTEGER) + INTERVAL 12 HOUR AS updated_at,
         round(sum(sum(TRY_CAST(score AS DOUBLE) * weight / 100)) OVER (
           PARTITION BY account_id ORDER BY date_submitted), 2) AS value
  FROM (
    SELECT code_module || '-' || id_student AS account_id, first_day, date_submitted, id_assessment,
           score, weight
    FROM read_csv('{data}/oulad/studentAssessment.csv', nullstr = '?') AS s
    JOIN read_csv('{data}/oulad/assessments.csv', nullstr = '?') AS a USING (id_assessment)
    JOIN starts USING (code_module, code_presentation)
    WHERE NOT is_banked AND score IS NOT NULL AND assessment_type <> 'Exam'
  ) GROUP BY account_id, first_day, date_submitted ORDER BY updated_at, goal_id
) TO '{out}/goals.csv';

COPY (
  SELECT unnest(['content', 'quiz', 'forum', 'assessments']) AS feature_id,
         unnest(['oucontent', 'quiz', 'forumng', 'assessment submitted']) AS event,
         unnest([true, true, true, true]) AS core,
         unnest([false, true, false, true]) AS high_value, TIMESTAMP '2012-01-01' AS updated_at
) TO '{out}/features.csv';
