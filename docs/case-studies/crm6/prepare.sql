-- A paid period of a product and its add-ons a row; the sum of those in force is what an account pays.
-- Periods of the base plan only: cancelling an add-on is contraction.
COPY (
  SELECT account_id || '-' || product || '-' || start_date AS subscription_id, account_id,
         start_date AS started_at, end_date AS renews_at,
         CASE WHEN end_date < DATE '2023-01-02' THEN end_date END AS ended_at,
         product AS plan_id, quantity, round(100 * mrr)::BIGINT AS mrr_minor, 'USD' AS currency,
         'active' AS status
  FROM read_csv('{data}/fightchurn_crm6/subscription.csv') ORDER BY started_at, subscription_id
) TO '{out}/subscriptions.csv';

COPY (
  SELECT id AS account_id, 'Customer ' || id AS name, channel, country, min(start_date) AS created_at
  FROM read_csv('{data}/fightchurn_crm6/account.csv') a
  JOIN read_csv('{data}/fightchurn_crm6/subscription.csv') s ON s.account_id = a.id
  GROUP BY ALL ORDER BY created_at, id
) TO '{out}/accounts.csv';

COPY (
  SELECT account_id, account_id || '-' || user_id AS person_id, event_time AS timestamp,
         event_type_name AS event, event_value AS amount
  FROM read_parquet('{data}/fightchurn_crm6/event.parquet')
  JOIN read_csv('{data}/fightchurn_crm6/event_type.csv') USING (event_type_id)
  ORDER BY timestamp
) TO '{out}/events.parquet' (FORMAT parquet);

COPY (
  SELECT unnest(['leads', 'opportunities', 'calls', 'quotes', 'meetings', 'search']) AS feature_id,
         unnest(['add_lead', 'create_opportunity', 'call_lead', 'quote', 'meeting', 'search']) AS event,
         unnest([true, true, true, false, false, false]) AS core,
         unnest([false, false, false, true, true, true]) AS high_value,
         TIMESTAMP '2022-01-01' AS updated_at
) TO '{out}/features.csv';
