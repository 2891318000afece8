-- The subscription table names every paid month. The last ones begin on 1 June 2020: whether an
-- account renewed after that day is not told, so a month that ends later has no known end.
COPY (
  SELECT account_id || '-' || start_date AS subscription_id, account_id, start_date AS started_at,
         end_date AS renews_at, CASE WHEN end_date <= DATE '2020-06-01' THEN end_date END AS ended_at,
         'basic' AS plan_id, mrr, 'USD' AS currency, 'active' AS status
  FROM read_parquet('{data}/fightchurn_socialnet7/subscriptions.parquet')
  ORDER BY started_at, account_id
) TO '{out}/subscriptions.parquet' (FORMAT parquet);

COPY (
  SELECT account_id, 'Member ' || account_id AS name, channel, country,
         min(start_date) AS created_at
  FROM read_parquet('{data}/fightchurn_socialnet7/accounts.parquet') AS a
  JOIN read_parquet('{data}/fightchurn_socialnet7/subscriptions.parquet') AS s USING (account_id)
  GROUP BY ALL ORDER BY created_at, account_id
) TO '{out}/accounts.parquet' (FORMAT parquet);

COPY (
  SELECT unnest(['post', 'like', 'message', 'newfriend']) AS feature_id,
         unnest(['post', 'like', 'message', 'newfriend']) AS event,
         unnest([true, true, true, true]) AS core, unnest([true, false, false, true]) AS high_value,
         TIMESTAMP '2020-01-01' AS updated_at
) TO '{out}/features.csv';
