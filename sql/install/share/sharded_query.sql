-- Aggregates over several servers: the text of a query of which only summaries travel, and whether the servers can be asked.

CREATE FUNCTION credit_limit.sharded_query(
  aggregate text,
  shards regclass[],
  group_by text[] DEFAULT '{}',
  condition text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'cl_sharded_query' LANGUAGE C STABLE PARALLEL RESTRICTED;

COMMENT ON FUNCTION credit_limit.sharded_query(text, regclass[], text[], text) IS
'The text of one SELECT that asks each shard for a summary and merges the summaries: rollup over a UNION ALL. aggregate: the '
'call of one aggregate of credit_limit that rollup (or itself, as gap_total) can merge, such as utilization_agg(balance, '
'credit_limit), with or without FILTER. shards: tables, foreign tables or views, and partitioned tables, which stand for all '
'partitions below them. group_by: columns or expressions, and condition: a WHERE, both of each shard. The answer has the columns '
'of group_by and the summary, called as its type; call auc() and the like on it. Summaries travel as bytea where their type has '
'that cast. The query runs with the rights and the search_path of whoever runs it, and reads partitions themselves, so row '
'security of a partitioned table does not apply. What needs all rows of an account (state_path_agg, sicr_agg, demand_prior_agg) '
'needs them in one shard. Runs nothing on other servers. NULL if an argument but condition is. Errors: an aggregate that cannot '
'be merged, the same shard twice (22023), a column that a shard lacks (42703) or has with another type (42804), a server of '
'postgres_fdw whose option extensions does not name credit_limit (HV000).';

-- an error when the relation is a foreign table of postgres_fdw on a server whose option extensions does not name credit_limit
CREATE FUNCTION credit_limit_internal.require_extension_option(relation regclass) RETURNS void
    AS 'MODULE_PATHNAME', 'cl_require_extension_option' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;

-- A row for each shard that can be read, a partitioned table being all partitions below it, with its server (NULL: here) and the
-- version of credit_limit there. Call it before the first pass. Each server is asked once, through a temporary foreign table over
-- its pg_extension, so the caller needs the right TEMP and a server that is no standby. NULL gives no rows. Errors, which name
-- the shard or server: option extensions (HV000), no credit_limit there or another version than here (0A000), a shard that is
-- away or lacks a column (the code of the server's error), a hash partition that is missing (22023).
CREATE FUNCTION credit_limit.check_shards(shards regclass[]) RETURNS TABLE (shard regclass, server text, version text)
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own text := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'credit_limit');
  versions jsonb := '{}';
  catalog text := 'credit_limit_shard';
  of_postgres boolean;
  part record;
BEGIN
  FOR part IN
    SELECT t.relid, sum(1 / substring(pg_get_expr(c.relpartbound, c.oid) FROM 'modulus ([0-9]+)')::numeric) AS covered,
      string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text) AS there
    FROM unnest(shards) s, pg_partition_tree(s) t JOIN pg_partitioned_table p ON p.partrelid = t.relid AND p.partstrat = 'h'
      LEFT JOIN pg_inherits i ON i.inhparent = t.relid LEFT JOIN pg_class c ON c.oid = i.inhrelid
    GROUP BY t.relid
  LOOP
    -- Thirds do not add up to one exactly.
    IF part.covered > 1 - 1e-9 THEN
      CONTINUE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('a hash partition of %s is missing', part.relid::regclass),
      DETAIL = format('There: %s.', coalesce(part.there, 'none')), HINT = 'Attach it, or give the parts that you mean.';
  END LOOP;

  FOR shard, server, of_postgres IN
    SELECT l.relid, v.srvname, h.proname = 'postgres_fdw_handler'
    FROM (SELECT coalesce(t.relid, s.s) AS relid, s.n FROM unnest(shards) WITH ORDINALITY s (s, n)
      LEFT JOIN pg_partition_tree(s.s) t ON true WHERE t.isleaf IS NOT FALSE) l
    JOIN pg_class c ON c.oid = l.relid AND c.relkind <> 'p'
    LEFT JOIN pg_foreign_table f ON f.ftrelid = l.relid LEFT JOIN pg_foreign_server v ON v.oid = f.ftserver
    LEFT JOIN pg_foreign_data_wrapper w ON w.oid = v.srvfdw LEFT JOIN pg_proc h ON h.oid = w.fdwhandler
    ORDER BY l.n, l.relid::regclass::text
  LOOP
    IF of_postgres THEN
      PERFORM credit_limit_internal.require_extension_option(shard);
    END IF;
    BEGIN
      IF of_postgres AND NOT versions ? server THEN
        EXECUTE format('CREATE FOREIGN TABLE pg_temp.%I (extname name, extversion text) SERVER %I '
          'OPTIONS (schema_name ''pg_catalog'', table_name ''pg_extension'')', catalog, server);
        EXECUTE format('SELECT max(extversion) FROM pg_temp.%I WHERE extname = ''credit_limit'' ', catalog) INTO version;
        EXECUTE format('DROP FOREIGN TABLE pg_temp.%I', catalog);
        versions := versions || jsonb_build_object(server, version);
      END IF;
      EXECUTE format('SELECT * FROM %s LIMIT 1', shard);
    EXCEPTION WHEN OTHERS THEN
      RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format('shard %s cannot be read', shard),
        DETAIL = concat_ws(': ', 'server ' || server, SQLERRM),
        HINT = 'A part of the answer would be missing. Mend it, or leave it out knowingly.';
    END;
    version := CASE WHEN of_postgres THEN versions ->> server WHEN server IS NULL THEN own END;
    IF of_postgres AND version IS DISTINCT FROM own THEN
      RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
        MESSAGE = format('server "%s" of shard %s has another credit_limit', server, shard),
        DETAIL = format('There: %s. Here: %s.', coalesce(version, 'none'), own),
        HINT = CASE WHEN version IS NULL THEN 'There: CREATE EXTENSION credit_limit'
          ELSE 'ALTER EXTENSION credit_limit UPDATE on the older one.' END;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- What a search over shards asks before its first pass: check_shards, of those that may be on other servers. Where the caller may
-- not do what that does (on a standby, in a read-only transaction, without the right TEMP, USAGE of a server or SELECT on a part)
-- only the option extensions is looked at.
CREATE FUNCTION credit_limit_internal.require_shards(shards regclass[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  away CONSTANT regclass[] := ARRAY(SELECT s.s FROM unnest(shards) WITH ORDINALITY s (s, n) JOIN pg_class c ON c.oid = s.s
    WHERE c.relkind IN ('f', 'p') ORDER BY s.n);
  parts CONSTANT regclass[] := ARRAY(SELECT coalesce(t.relid, a) FROM unnest(away) a LEFT JOIN pg_partition_tree(a) t ON true
    WHERE t.isleaf IS NOT FALSE);
BEGIN
  IF pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean
    OR NOT has_database_privilege(current_database(), 'TEMP')
    OR EXISTS (SELECT FROM unnest(parts) p LEFT JOIN pg_foreign_table f ON f.ftrelid = p
      WHERE NOT has_table_privilege(p, 'SELECT') OR NOT has_server_privilege(f.ftserver, 'USAGE')) THEN
    PERFORM credit_limit_internal.require_extension_option(f.ftrelid)
      FROM unnest(parts) p JOIN pg_foreign_table f ON f.ftrelid = p;
  ELSE
    PERFORM credit_limit.check_shards(away);
  END IF;
END $$;
