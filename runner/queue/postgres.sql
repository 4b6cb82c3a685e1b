-- SPDX-License-Identifier: MIT
-- A queue of jobs for many machines. May be run again at any time, by the same user.
--
-- The protocol is the functions below: clients and workers have no right to any table. A function is one
-- transaction. Roles: bailiff_client may submit jobs and see and end all of them, bailiff_worker may do
-- what a worker does; neither logs in. Give them to users with GRANT.
--
-- What callers may give is bounded here as well, because who has a password can call without the program.
--
-- Every clock is this server's. Errors that callers know have the states QB001 to QB005:
-- full, other content, no such job, name taken, name lost.
BEGIN;

SELECT pg_advisory_xact_lock(1650551148, 0); -- "bail"; one at a time

DO $$
DECLARE
	v_role text;
	v_version integer;
BEGIN
	IF current_setting('server_encoding') <> 'UTF8' THEN
		RAISE 'the database has the encoding %, a queue needs UTF8', current_setting('server_encoding')
			USING ERRCODE = 'feature_not_supported',
			HINT = 'CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0';
	END IF;
	-- Whoever owns the schema could replace what runs with its owner's rights.
	IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'bailiff'
			AND nspowner <> current_user::regrole) THEN
		RAISE 'the schema bailiff belongs to another user'
			USING ERRCODE = 'insufficient_privilege',
			HINT = 'only its owner may change it';
	END IF;
	IF to_regclass('bailiff.setting') IS NOT NULL THEN
		EXECUTE 'SELECT version FROM bailiff.setting' INTO v_version;
		IF v_version > 1 THEN
			RAISE 'the queue has version %, this program has version 1', v_version
				USING ERRCODE = 'QB006', HINT = 'use the bailiff that made it';
		END IF;
	END IF;
	FOREACH v_role IN ARRAY ARRAY['bailiff_client', 'bailiff_worker'] LOOP
		CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = v_role);
		BEGIN
			EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
		EXCEPTION
			WHEN duplicate_object OR unique_violation THEN NULL; -- for another database
			WHEN insufficient_privilege THEN
				RAISE 'the role % is missing, and % may not make it', v_role, current_user
					USING ERRCODE = 'insufficient_privilege',
					HINT = format('as an administrator: CREATE ROLE %I NOLOGIN', v_role);
		END;
	END LOOP;
END $$;

CREATE SCHEMA IF NOT EXISTS bailiff;
REVOKE ALL ON SCHEMA bailiff FROM PUBLIC;

-- Functions that had other arguments once: they would stand beside the new ones.
DROP FUNCTION IF EXISTS bailiff._take(text, bigint, text[], bigint, integer, interval);
DROP FUNCTION IF EXISTS bailiff.claim(text, bigint, text[], bigint, integer, bigint, boolean);
DROP FUNCTION IF EXISTS bailiff.exchange(bigint[], bigint[], text[], text, bigint, text[], bigint, integer, bigint,
	boolean);

---- tables --------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS bailiff.setting (
	is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
	version integer NOT NULL,
	depth_max bigint NOT NULL DEFAULT 100000,
	client_depth_max bigint NOT NULL DEFAULT 20000
);
INSERT INTO bailiff.setting (version) VALUES (1) ON CONFLICT DO NOTHING;

-- What jobs ask of a worker. A worker looks at the first jobs of each class that it can do, so jobs that it
-- can not do cost it nothing however many are before. memory_bits: its jobs take at most 2^bits bytes.
CREATE TABLE IF NOT EXISTS bailiff.class (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	needs text[] NOT NULL CHECK (octet_length(needs::text) < 2500), -- sorted
	memory_bits integer NOT NULL,
	UNIQUE (needs, memory_bits)
);

CREATE TABLE IF NOT EXISTS bailiff.job (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	client text NOT NULL CHECK (octet_length(client) BETWEEN 1 AND 255),
	request_id text CHECK (octet_length(request_id) BETWEEN 1 AND 255),
	digest bytea NOT NULL CHECK (octet_length(digest) = 32),
	kind text NOT NULL CHECK (kind IN ('run', 'judge')),
	priority integer NOT NULL CHECK (priority BETWEEN -100 AND 100),
	class integer NOT NULL, -- of bailiff.class; of a job that is done it may be gone
	memory bigint NOT NULL CHECK (memory >= 0),
	state text NOT NULL DEFAULT 'ready'
		CHECK (state IN ('ready', 'running', 'done', 'dead', 'cancelled')),
	is_parked boolean NOT NULL DEFAULT false, -- ready, but not before due
	turn bigint NOT NULL,
	fence bigint NOT NULL DEFAULT 0,
	attempts integer NOT NULL DEFAULT 0,
	losses integer NOT NULL DEFAULT 0, -- of them, those that ended with their worker
	attempts_max integer NOT NULL CHECK (attempts_max BETWEEN 1 AND 100),
	worker text,
	instance bigint,
	lease_until timestamptz,
	due timestamptz,
	avoid text, -- a worker that is not to have it ...
	avoid_until timestamptz,
	last_error text CHECK (octet_length(last_error) <= 1000),
	created_at timestamptz NOT NULL,
	started_at timestamptz,
	finished_at timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX IF NOT EXISTS job_request ON bailiff.job (client, request_id)
	WHERE request_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS job_ready ON bailiff.job (class, priority DESC, turn, id)
	WHERE state = 'ready' AND NOT is_parked;
CREATE INDEX IF NOT EXISTS job_class ON bailiff.job (class) WHERE state <> 'done'; -- see forget_classes
CREATE INDEX IF NOT EXISTS job_parked ON bailiff.job (due) WHERE state = 'ready' AND is_parked;
CREATE INDEX IF NOT EXISTS job_client ON bailiff.job (client, priority, turn) WHERE state = 'ready';
CREATE INDEX IF NOT EXISTS job_running ON bailiff.job (lease_until) WHERE state = 'running';
CREATE INDEX IF NOT EXISTS job_lost ON bailiff.job (id) WHERE state IN ('dead', 'cancelled');
CREATE INDEX IF NOT EXISTS job_finished ON bailiff.job (finished_at) WHERE finished_at IS NOT NULL;

-- Apart from the job, because an update writes a whole row.
CREATE TABLE IF NOT EXISTS bailiff.spec (
	job bigint PRIMARY KEY REFERENCES bailiff.job ON DELETE CASCADE,
	body text NOT NULL CHECK (octet_length(body) <= 16777216)
);
CREATE TABLE IF NOT EXISTS bailiff.verdict (
	job bigint PRIMARY KEY REFERENCES bailiff.job ON DELETE CASCADE,
	fence bigint NOT NULL,
	result text NOT NULL CHECK (octet_length(result) <= 16777216),
	created_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS bailiff.worker (
	name text PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 255),
	instance bigint NOT NULL,
	slots integer NOT NULL CHECK (slots >= 0),
	offers text[] NOT NULL CHECK (octet_length(offers::text) < 2500),
	host text NOT NULL CHECK (octet_length(host) <= 255),
	version text NOT NULL CHECK (octet_length(version) <= 255),
	status text CHECK (octet_length(status) <= 65536),
	seen_at timestamptz NOT NULL
);

-- The number up to which a client has room (see _check_client).
CREATE TABLE IF NOT EXISTS bailiff.client (
	name text PRIMARY KEY,
	room_until bigint NOT NULL
);

-- How many jobs there are, without counting them: the sums over all rows. Each connection adds to one row
-- of 64, so that hardly ever one waits for another's commit.
CREATE TABLE IF NOT EXISTS bailiff.tally (
	stripe integer PRIMARY KEY,
	ready bigint NOT NULL DEFAULT 0,
	running bigint NOT NULL DEFAULT 0,
	done bigint NOT NULL DEFAULT 0,
	dead bigint NOT NULL DEFAULT 0,
	cancelled bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000);
INSERT INTO bailiff.tally SELECT generate_series(0, 63) ON CONFLICT DO NOTHING;

---- within -----------------------------------------------------------------------------------------

-- (What is called often is in plpgsql, which keeps its plans; functions in sql are planned at every call.)

-- The change of a_count jobs' states. Callers do this last, to hold the row shortly.
CREATE OR REPLACE FUNCTION bailiff._move(a_from text, a_to text, a_count bigint DEFAULT 1) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF a_count > 0 AND a_from <> a_to THEN
		UPDATE bailiff.tally SET
			ready = ready + a_count * ((a_to = 'ready')::int - (a_from = 'ready')::int),
			running = running + a_count * ((a_to = 'running')::int - (a_from = 'running')::int),
			done = done + a_count * ((a_to = 'done')::int - (a_from = 'done')::int),
			dead = dead + a_count * ((a_to = 'dead')::int - (a_from = 'dead')::int),
			cancelled = cancelled
				+ a_count * ((a_to = 'cancelled')::int - (a_from = 'cancelled')::int)
		WHERE stripe = pg_backend_pid() & 63;
	END IF;
END $$;

-- NOTIFY takes a lock of the whole server at the commit, so it is spared where nobody listens. Listeners hold
-- a shared advisory lock of their session: 1 waits for jobs, 2 for ends.
CREATE OR REPLACE FUNCTION bailiff._is_awaited(a_what integer) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	IF pg_try_advisory_lock(1650551148, a_what) THEN
		PERFORM pg_advisory_unlock(1650551148, a_what);
		RETURN false;
	END IF;
	RETURN true;
END $$;

CREATE OR REPLACE FUNCTION bailiff._tell_ready() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF bailiff._is_awaited(1) THEN
		NOTIFY bailiff_ready;
	END IF;
END $$;

CREATE OR REPLACE FUNCTION bailiff._tell_ended() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF bailiff._is_awaited(2) THEN
		NOTIFY bailiff_ended;
	END IF;
END $$;

-- The change of running jobs whose workers were lost. Like _move, last.
CREATE OR REPLACE FUNCTION bailiff._move_lost(a_ready bigint, a_dead bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF a_dead > 0 THEN
		PERFORM bailiff._tell_ended();
	END IF;
	PERFORM bailiff._move('running', 'ready', a_ready);
	PERFORM bailiff._move('running', 'dead', a_dead);
END $$;

-- A class that has no jobs is deleted some day (forget_classes), but not between this look at it and the commit that
-- gives it a job: its row is locked until then, as a foreign key would lock it.
CREATE OR REPLACE FUNCTION bailiff._class(a_needs text[], a_memory bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
	v_bits integer := CASE WHEN a_memory <= 1 THEN 0
		ELSE length(ltrim((a_memory - 1)::bit(64)::text, '0')) END;
	v_class integer;
BEGIN
	LOOP
		SELECT id INTO v_class FROM bailiff.class WHERE needs = a_needs AND memory_bits = v_bits
			FOR KEY SHARE;
		IF FOUND THEN
			RETURN v_class;
		END IF;
		INSERT INTO bailiff.class (needs, memory_bits) VALUES (a_needs, v_bits)
			ON CONFLICT DO NOTHING;
	END LOOP;
END $$;

-- The first turn of a class at this priority; NULL where nothing of it is ready.
CREATE OR REPLACE FUNCTION bailiff._head(a_class integer, a_priority integer) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT turn FROM bailiff.job WHERE state = 'ready' AND NOT is_parked
		AND class = a_class AND priority = a_priority ORDER BY turn LIMIT 1);
END $$;

-- The classes that have ready jobs: one look-up each, however many jobs.
CREATE OR REPLACE FUNCTION bailiff._present() RETURNS SETOF integer
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE present (class) AS (
		(SELECT class FROM bailiff.job WHERE state = 'ready' AND NOT is_parked
			ORDER BY class LIMIT 1)
		UNION ALL
		SELECT (SELECT j.class FROM bailiff.job j WHERE j.state = 'ready' AND NOT j.is_parked
			AND j.class > p.class ORDER BY j.class LIMIT 1)
		FROM present p WHERE p.class IS NOT NULL
	)
	SELECT class FROM present WHERE class IS NOT NULL
$$;

-- The turn of a new job: behind all of the client's own, and not before what is being taken at the moment:
-- the first turn of its class, else of what runs, else of anything. So who comes late starts level with
-- the others, and jobs that nobody can do hold no turn back.
CREATE OR REPLACE FUNCTION bailiff._turn(a_client text, a_class integer, a_priority integer)
RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_own bigint;
	v_floor bigint;
BEGIN
	SELECT turn + 1 INTO v_own FROM bailiff.job WHERE state = 'ready' AND client = a_client
		AND priority = a_priority ORDER BY client DESC, priority DESC, turn DESC LIMIT 1;
	v_floor := bailiff._head(a_class, a_priority);
	IF v_floor IS NULL THEN
		SELECT max(turn) INTO v_floor FROM bailiff.job
			WHERE state = 'running' AND priority = a_priority;
	END IF;
	IF v_floor IS NULL THEN
		SELECT min(bailiff._head(p, a_priority)) INTO v_floor FROM bailiff._present() p;
	END IF;
	RETURN greatest(v_own, v_floor, 0);
END $$;

-- Ready jobs of one client are counted only when there may be too many. Each job takes a number, so after a count
-- the client cannot have passed its limit before as many numbers are gone as it had room; that number is
-- kept. Jobs that come back to the queue, and submits at the very same time, are not in the count.
CREATE OR REPLACE FUNCTION bailiff._check_client(a_client text, a_max bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_last bigint := (SELECT last_value - (NOT is_called)::int FROM bailiff.job_id_seq);
	v_depth bigint;
BEGIN
	IF EXISTS (SELECT FROM bailiff.client WHERE name = a_client AND room_until > v_last) THEN
		RETURN;
	END IF;
	SELECT count(*) INTO v_depth FROM
		(SELECT FROM bailiff.job WHERE state = 'ready' AND client = a_client LIMIT a_max) counted;
	IF v_depth >= a_max THEN
		RAISE 'the queue is full for this client: % jobs are ready, % may be', v_depth, a_max
			USING ERRCODE = 'QB001', HINT = 'try again when some have been taken';
	END IF;
	INSERT INTO bailiff.client VALUES (a_client, v_last + a_max - v_depth)
		ON CONFLICT (name) DO UPDATE SET room_until = excluded.room_until;
END $$;

CREATE OR REPLACE FUNCTION bailiff._check_depth(a_client text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_setting bailiff.setting;
	v_depth bigint;
BEGIN
	SELECT * INTO v_setting FROM bailiff.setting;
	SELECT sum(ready) INTO v_depth FROM bailiff.tally;
	IF v_depth >= v_setting.depth_max THEN
		RAISE 'the queue is full: % jobs are ready, % may be', v_depth, v_setting.depth_max
			USING ERRCODE = 'QB001', HINT = 'try again when some have been taken';
	END IF;
	PERFORM bailiff._check_client(a_client, v_setting.client_depth_max);
END $$;

-- Fails where another instance has the worker's name. One that never registered has none to lose.
CREATE OR REPLACE FUNCTION bailiff._check_owner(a_worker text, a_instance bigint) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF EXISTS (SELECT FROM bailiff.worker WHERE name = a_worker AND instance <> a_instance) THEN
		RAISE 'another worker has the name ''%'' now', a_worker
			USING ERRCODE = 'QB005', HINT = 'give each worker a name of its own';
	END IF;
END $$;

-- Ends an attempt that failed; the job is locked. Returns the job's new state.
CREATE OR REPLACE FUNCTION bailiff._count_failure(a_job bailiff.job, a_is_final boolean, a_reason text,
	a_result text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_now timestamptz := clock_timestamp();
	v_due timestamptz;
	v_other boolean;
BEGIN
	IF a_is_final OR a_job.attempts >= a_job.attempts_max THEN
		UPDATE bailiff.job SET state = 'dead', last_error = a_reason, finished_at = v_now
			WHERE id = a_job.id;
		IF a_result IS NOT NULL THEN
			INSERT INTO bailiff.verdict VALUES (a_job.id, a_job.fence, a_result, v_now);
		END IF;
		RETURN 'dead';
	END IF;
	-- 2^attempts seconds, a quarter more or less, so that what failed together does not come back
	-- together; then for a while not to the same worker, where another could do it.
	v_due := v_now + least(2 ^ a_job.attempts, 60) * (0.75 + random() / 2) * interval '1 second';
	v_other := EXISTS (SELECT FROM bailiff.worker w WHERE w.name <> a_job.worker
		AND w.seen_at > v_now - interval '60 seconds'
		AND (SELECT needs FROM bailiff.class WHERE id = a_job.class) <@ w.offers);
	UPDATE bailiff.job SET state = 'ready', is_parked = true, last_error = a_reason, due = v_due,
		avoid = CASE WHEN v_other THEN a_job.worker END,
		avoid_until = v_due + interval '15 seconds'
		WHERE id = a_job.id;
	RETURN 'ready';
END $$;

CREATE OR REPLACE FUNCTION bailiff._count_loss(a_job bailiff.job) RETURNS text
LANGUAGE sql AS $$
	UPDATE bailiff.job SET losses = losses + 1 WHERE id = a_job.id;
	SELECT bailiff._count_failure(a_job, false, format('worker lost (attempt %s of %s, worker %s)',
		a_job.attempts, a_job.attempts_max, a_job.worker), NULL)
$$;

-- Back to where it was, as if it had not been claimed; the job is locked. One that has to run alone would be the
-- first that its worker takes again, and keep it from all others.
CREATE OR REPLACE FUNCTION bailiff._unclaim(a_job bigint) RETURNS void
LANGUAGE sql AS $$
	UPDATE bailiff.job SET state = 'ready', due = NULL, attempts = attempts - 1,
		avoid = CASE WHEN losses > 0 THEN worker ELSE avoid END,
		avoid_until = CASE WHEN losses > 0 THEN clock_timestamp() + interval '15 seconds'
			ELSE avoid_until END,
		turn = greatest(turn, bailiff._head(class, priority)) WHERE id = a_job
$$;

CREATE OR REPLACE FUNCTION bailiff._epoch_ns(a_time timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT coalesce((extract(epoch FROM a_time) * 1000000000)::bigint, 0)
$$;

CREATE OR REPLACE FUNCTION bailiff._age_ns(a_now timestamptz, a_time timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT greatest((extract(epoch FROM a_now - a_time) * 1000000000)::bigint, 0)
$$;

-- The settings below make plans independent of what the server last counted: a queue that was empty then may
-- have 100 000 jobs now, and each is to be found by an index. (jit: a plan with a sequential scan of a few rows
-- would count as so expensive that it is compiled, for half a second.)

---- for both ------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION bailiff.version() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT version FROM bailiff.setting
$$;

CREATE OR REPLACE FUNCTION bailiff.stats(OUT ready bigint, OUT running bigint, OUT done bigint,
	OUT dead bigint, OUT cancelled bigint, OUT oldest_ns bigint, OUT clients bigint, OUT workers bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
	v_now timestamptz := clock_timestamp();
BEGIN
	SELECT sum(t.ready), sum(t.running), sum(t.done), sum(t.dead), sum(t.cancelled)
		INTO ready, running, done, dead, cancelled FROM bailiff.tally t;
	-- Each client's first job of each priority that is due; the oldest is among them.
	WITH RECURSIVE head (client, priority) AS (
		(SELECT j.client, j.priority FROM bailiff.job j WHERE j.state = 'ready'
			ORDER BY j.client, j.priority LIMIT 1)
		UNION ALL
		SELECT n.client, n.priority FROM head h CROSS JOIN LATERAL
			(SELECT j.client, j.priority FROM bailiff.job j WHERE j.state = 'ready'
				AND (j.client, j.priority) > (h.client, h.priority)
				ORDER BY j.client, j.priority LIMIT 1) n
	), counted AS (SELECT * FROM head LIMIT 10000)
	SELECT count(DISTINCT h.client), coalesce(max(bailiff._age_ns(v_now,
		(SELECT j.created_at FROM bailiff.job j WHERE j.state = 'ready' AND NOT j.is_parked
			AND j.client = h.client AND j.priority = h.priority
			ORDER BY j.client, j.priority, j.turn LIMIT 1))), 0)
		INTO clients, oldest_ns FROM counted h;
	SELECT count(*) INTO workers FROM bailiff.worker w WHERE w.seen_at > v_now - interval '60 seconds';
END $$;

---- for clients ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION bailiff.submit(a_client text, a_request_id text, a_priority integer, a_kind text,
	a_spec text, a_digest bytea, a_needs text[], a_memory bigint, a_attempts_max integer,
	OUT job bigint, OUT is_duplicate boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
	v_digest bytea;
	v_class integer;
BEGIN
	is_duplicate := false;
	LOOP
		SELECT j.id, j.digest INTO job, v_digest FROM bailiff.job j
			WHERE j.client = a_client AND j.request_id = a_request_id;
		IF FOUND AND v_digest <> a_digest THEN
			RAISE 'request id: job % of this client has it, with other content', job
				USING ERRCODE = 'QB002';
		ELSIF FOUND THEN
			is_duplicate := true;
			RETURN;
		END IF;
		PERFORM bailiff._check_depth(a_client);
		v_class := bailiff._class(a_needs, a_memory);
		INSERT INTO bailiff.job AS j (client, request_id, digest, kind, priority, class, memory,
			turn, attempts_max, created_at)
			VALUES (a_client, a_request_id, a_digest, a_kind, a_priority, v_class, a_memory,
				bailiff._turn(a_client, v_class, a_priority), a_attempts_max,
				clock_timestamp())
			ON CONFLICT DO NOTHING RETURNING j.id INTO job;
		EXIT WHEN FOUND; -- else another was faster with the same request id
	END LOOP;
	INSERT INTO bailiff.spec VALUES (job, a_spec);
	PERFORM bailiff._tell_ready();
	PERFORM bailiff._move('', 'ready');
END $$;

CREATE OR REPLACE FUNCTION bailiff._views(a_jobs bailiff.job[]) RETURNS TABLE (job bigint, state text,
	kind text, client text, request_id text, priority integer, attempts integer, attempts_max integer,
	worker text, last_error text, created_ns bigint, started_ns bigint, finished_ns bigint, due_ns bigint)
LANGUAGE sql STABLE AS $$
	SELECT id, state, kind, client, request_id, priority, attempts, attempts_max, worker, last_error,
		bailiff._epoch_ns(created_at), bailiff._epoch_ns(started_at),
		bailiff._epoch_ns(finished_at), CASE WHEN state = 'ready' AND due > clock_timestamp()
			THEN bailiff._epoch_ns(due) ELSE 0 END
		FROM unnest(a_jobs) ORDER BY id DESC
$$;

CREATE OR REPLACE FUNCTION bailiff.result(a_job bigint) RETURNS TABLE (job bigint, state text,
	kind text, client text, request_id text, priority integer, attempts integer, attempts_max integer,
	worker text, last_error text, created_ns bigint, started_ns bigint, finished_ns bigint, due_ns bigint,
	result text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT v.*, r.result FROM bailiff._views(ARRAY(SELECT j FROM bailiff.job j WHERE j.id = a_job)) v
		LEFT JOIN bailiff.verdict r ON r.job = a_job
$$;

CREATE OR REPLACE FUNCTION bailiff.list(a_state text, a_client text, a_before bigint, a_limit integer)
RETURNS TABLE (job bigint, state text,
	kind text, client text, request_id text, priority integer, attempts integer, attempts_max integer,
	worker text, last_error text, created_ns bigint, started_ns bigint, finished_ns bigint, due_ns bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	-- Written out, so that partial indexes fit.
	v_state text := CASE a_state
		WHEN 'ready' THEN 'AND state = ''ready'''
		WHEN 'running' THEN 'AND state = ''running'''
		WHEN 'done' THEN 'AND state = ''done'''
		WHEN 'dead' THEN 'AND state = ''dead'' AND state IN (''dead'', ''cancelled'')'
		WHEN 'cancelled' THEN 'AND state = ''cancelled'' AND state IN (''dead'', ''cancelled'')'
		ELSE '' END;
	v_client text := CASE WHEN a_client IS NULL THEN '' ELSE 'AND client = $2' END;
	v_jobs bailiff.job[];
BEGIN
	EXECUTE format('SELECT ARRAY(SELECT j FROM bailiff.job j WHERE id < $1 %s %s
		ORDER BY id DESC LIMIT $3)', v_state, v_client)
		INTO v_jobs USING a_before, a_client, least(a_limit, 10000);
	RETURN QUERY SELECT * FROM bailiff._views(v_jobs);
END $$;

-- NULL where there is no such job.
CREATE OR REPLACE FUNCTION bailiff.cancel(a_job bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_state text;
BEGIN
	SELECT state INTO v_state FROM bailiff.job WHERE id = a_job FOR UPDATE;
	IF v_state IS NULL OR v_state NOT IN ('ready', 'running') THEN
		RETURN v_state;
	END IF;
	-- The fence goes up, so that whoever runs it has lost it.
	UPDATE bailiff.job SET state = 'cancelled', is_parked = false, fence = fence + 1,
		finished_at = clock_timestamp() WHERE id = a_job;
	IF v_state = 'running' THEN
		NOTIFY bailiff_cancelled;
	END IF;
	PERFORM bailiff._tell_ended();
	PERFORM bailiff._move(v_state, 'cancelled');
	RETURN 'cancelled';
END $$;

CREATE OR REPLACE FUNCTION bailiff.retry(a_job bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
	v_state text;
BEGIN
	SELECT state INTO v_state FROM bailiff.job WHERE id = a_job FOR UPDATE;
	IF v_state IS DISTINCT FROM 'dead' THEN
		RETURN v_state;
	END IF;
	DELETE FROM bailiff.verdict WHERE job = a_job;
	UPDATE bailiff.job SET state = 'ready', attempts = 0, due = NULL, avoid = NULL,
		finished_at = NULL, turn = greatest(turn, bailiff._head(class, priority))
		WHERE id = a_job;
	PERFORM bailiff._tell_ready();
	PERFORM bailiff._move('dead', 'ready');
	RETURN 'ready';
END $$;

CREATE OR REPLACE FUNCTION bailiff.workers() RETURNS TABLE (name text, host text, version text,
	status text, slots integer, seen_ns bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT name, host, version, status, slots, bailiff._age_ns(clock_timestamp(), seen_at)
		FROM bailiff.worker ORDER BY name LIMIT 10000
$$;

-- Makes this session one that is told of jobs that end.
CREATE OR REPLACE FUNCTION bailiff.await_ends() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT pg_try_advisory_lock_shared(1650551148, 2)
$$;

---- for workers ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION bailiff._put_worker(a_worker text, a_instance bigint, a_slots integer,
	a_offers text[], a_host text, a_version text, a_status text) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO bailiff.worker VALUES (a_worker, a_instance, a_slots, a_offers, a_host, a_version,
		a_status, clock_timestamp())
	ON CONFLICT (name) DO UPDATE SET instance = excluded.instance, slots = excluded.slots,
		offers = excluded.offers, host = excluded.host, version = excluded.version,
		status = excluded.status, seen_at = excluded.seen_at
$$;

CREATE OR REPLACE FUNCTION bailiff.register(a_worker text, a_instance bigint, a_slots integer,
	a_offers text[], a_host text, a_version text, a_take_over boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off AS $$
DECLARE
	v_there bailiff.worker;
	v_job bailiff.job;
	v_ready bigint := 0;
	v_dead bigint := 0;
BEGIN
	-- Two that register under one name: the second sees the first.
	PERFORM pg_advisory_xact_lock(1650551148, hashtext(a_worker) | 1 << 30);
	SELECT * INTO v_there FROM bailiff.worker WHERE name = a_worker FOR UPDATE;
	IF FOUND AND NOT a_take_over AND v_there.instance <> a_instance
			AND v_there.seen_at > clock_timestamp() - interval '60 seconds' THEN
		RAISE 'a worker ''%'' is there already, on %', a_worker, v_there.host
			USING ERRCODE = 'QB004',
			HINT = 'give each worker a name of its own, or wait for a minute';
	END IF;
	PERFORM bailiff._put_worker(a_worker, a_instance, a_slots, a_offers, a_host, a_version, NULL);
	FOR v_job IN SELECT * FROM bailiff.job WHERE state = 'running' AND worker = a_worker
			AND instance <> a_instance ORDER BY id FOR UPDATE LOOP
		IF bailiff._count_loss(v_job) = 'dead' THEN
			v_dead := v_dead + 1;
		ELSE
			v_ready := v_ready + 1;
		END IF;
	END LOOP;
	PERFORM bailiff._move_lost(v_ready, v_dead);
END $$;

CREATE OR REPLACE FUNCTION bailiff.report(a_worker text, a_instance bigint, a_slots integer,
	a_offers text[], a_host text, a_version text, a_status text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE bailiff.worker SET status = a_status, seen_at = clock_timestamp()
		WHERE name = a_worker AND instance = a_instance;
	IF NOT FOUND THEN
		PERFORM bailiff._check_owner(a_worker, a_instance);
		-- A day of silence forgets workers.
		PERFORM bailiff._put_worker(a_worker, a_instance, a_slots, a_offers, a_host, a_version,
			a_status);
	END IF;
END $$;

CREATE OR REPLACE FUNCTION bailiff.leave(a_worker text, a_instance bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	DELETE FROM bailiff.worker WHERE name = a_worker AND instance = a_instance
$$;

CREATE OR REPLACE FUNCTION bailiff._lease(a_lease_ns bigint) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$
	SELECT least(a_lease_ns / 1000 * interval '1 microsecond', interval '1 day')
$$;

-- Jobs that have become due take their place again: at its front, for their own turn is long past.
CREATE OR REPLACE FUNCTION bailiff._unpark() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_now timestamptz := clock_timestamp();
	v_id bigint;
BEGIN
	FOR v_id IN SELECT id FROM bailiff.job WHERE state = 'ready' AND is_parked AND due <= v_now
			ORDER BY due LIMIT 256 FOR UPDATE SKIP LOCKED LOOP
		UPDATE bailiff.job SET is_parked = false,
			turn = greatest(turn, bailiff._head(class, priority)) WHERE id = v_id;
	END LOOP;
END $$;

-- The first job that takes more than a_memory and at most a_memory_all, if it was submitted so long ago that nothing
-- behind it may be taken any more.
CREATE OR REPLACE FUNCTION bailiff._bar(a_worker text, a_offers text[], a_memory bigint, a_memory_all bigint,
	a_reserve interval, OUT priority integer, OUT turn bigint, OUT id bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_now timestamptz := clock_timestamp();
BEGIN
	IF a_memory >= a_memory_all THEN
		RETURN;
	END IF;
	SELECT h.priority, h.turn, h.id INTO priority, turn, id
		FROM (SELECT c.id FROM bailiff._present() p JOIN bailiff.class c ON c.id = p
			WHERE c.needs <@ a_offers AND 2 ^ c.memory_bits > a_memory
			AND (c.memory_bits = 0 OR (1::bigint << (c.memory_bits - 1)) < a_memory_all)) c
		CROSS JOIN LATERAL (SELECT j.priority, j.turn, j.id, j.created_at FROM bailiff.job j
			WHERE j.state = 'ready' AND NOT j.is_parked AND j.class = c.id
			AND j.memory > a_memory AND j.memory <= a_memory_all
			AND (j.avoid IS DISTINCT FROM a_worker OR j.avoid_until <= v_now)
			ORDER BY j.class, j.priority DESC, j.turn, j.id LIMIT 1) h
		WHERE h.created_at <= v_now - a_reserve
		ORDER BY h.priority DESC, h.turn, h.id LIMIT 1;
END $$;

-- Takes up to a_count jobs, in order. What others are taking at this moment is passed over: it is read without
-- locks, and each job is locked only when it is this worker's turn to take it, so a worker holds no
-- job from others that it does not take itself.
CREATE OR REPLACE FUNCTION bailiff._take(a_worker text, a_instance bigint, a_offers text[],
	a_memory bigint, a_count integer, a_lease interval, a_memory_all bigint, a_reserve interval)
RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
	v_classes integer[] := ARRAY(SELECT c.id FROM bailiff._present() p JOIN bailiff.class c ON c.id = p
		WHERE c.needs <@ a_offers AND (c.memory_bits = 0
			OR (1::bigint << (c.memory_bits - 1)) < a_memory));
	v_jobs bigint[] := '{}';
	v_window integer := a_count + 16; -- of each class; more than others take at once
	v_bytes bigint := 0;
	v_seen integer;
	v_id bigint;
	v_priority integer;
	v_turn bigint;
	v_bar record;
	v_now timestamptz;
BEGIN
	SELECT * INTO v_bar FROM bailiff._bar(a_worker, a_offers, a_memory, a_memory_all, a_reserve);
	LOOP
		v_now := clock_timestamp();
		v_seen := 0;
		FOR v_id, v_priority, v_turn IN SELECT h.id, h.priority, h.turn FROM unnest(v_classes) c CROSS JOIN LATERAL
				(SELECT j.id, j.priority, j.turn FROM bailiff.job j
					WHERE j.state = 'ready' AND NOT j.is_parked AND j.class = c
					AND j.memory <= a_memory AND (j.avoid IS DISTINCT FROM a_worker
						OR j.avoid_until <= v_now)
					ORDER BY j.class, j.priority DESC, j.turn, j.id LIMIT v_window) h
				ORDER BY h.priority DESC, h.turn, h.id LOOP
			IF v_bar.id IS NOT NULL AND (-v_priority, v_turn, v_id)
					> (-v_bar.priority, v_bar.turn, v_bar.id) THEN
				RETURN v_jobs;
			END IF;
			v_seen := v_seen + 1;
			UPDATE bailiff.job j SET state = 'running', fence = fence + 1,
				attempts = attempts + 1, worker = a_worker, instance = a_instance,
				lease_until = v_now + a_lease, started_at = v_now
				FROM (SELECT id FROM bailiff.job WHERE id = v_id AND state = 'ready'
					AND NOT is_parked FOR UPDATE SKIP LOCKED) l
				WHERE j.id = l.id;
			CONTINUE WHEN NOT FOUND;
			v_jobs := v_jobs || v_id;
			v_bytes := v_bytes + (SELECT octet_length(body) FROM bailiff.spec WHERE job = v_id);
			-- A spec has 16 MiB at most, so an answer has 32.
			IF cardinality(v_jobs) = a_count OR v_bytes > 16777216 THEN
				RETURN v_jobs;
			END IF;
		END LOOP;
		IF v_seen < v_window THEN -- no class was cut off
			RETURN v_jobs;
		END IF;
		v_window := v_window * 8;
	END LOOP;
END $$;

-- a_is_waiting: whether this session got fewer jobs than it wanted when it asked last: those are told of new
-- ones. NULL: this one does not listen.
CREATE OR REPLACE FUNCTION bailiff.claim(a_worker text, a_instance bigint, a_offers text[],
	a_memory bigint, a_count integer, a_lease_ns bigint, a_is_waiting boolean,
	a_memory_all bigint, a_reserve_ns bigint)
RETURNS TABLE (job bigint, fence bigint, kind text, client text, priority integer, attempt integer,
	memory bigint, waited_ns bigint, spec text, losses integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
	v_lease interval := bailiff._lease(a_lease_ns);
	-- As long as there is nothing that a job could take more than, no job is waited for.
	v_memory_all bigint := CASE WHEN a_reserve_ns > 0 THEN a_memory_all ELSE 0 END;
	v_reserve interval := a_reserve_ns / 1000 * interval '1 microsecond';
	v_waits boolean := a_is_waiting;
	v_jobs bigint[];
BEGIN
	a_count := least(a_count, 256);
	PERFORM bailiff._check_owner(a_worker, a_instance);
	PERFORM bailiff._unpark();
	v_jobs := bailiff._take(a_worker, a_instance, a_offers, a_memory, a_count, v_lease, v_memory_all,
		v_reserve);
	IF cardinality(v_jobs) < a_count AND NOT v_waits THEN
		PERFORM pg_try_advisory_lock_shared(1650551148, 1);
		v_waits := true;
		IF v_jobs = '{}' THEN -- what came before the lock is not told, so look once more
			v_jobs := bailiff._take(a_worker, a_instance, a_offers, a_memory, a_count,
				v_lease, v_memory_all, v_reserve);
		END IF;
	END IF;
	IF cardinality(v_jobs) = a_count AND v_waits THEN
		PERFORM pg_advisory_unlock_shared(1650551148, 1);
	END IF;
	RETURN QUERY SELECT j.id, j.fence, j.kind, j.client, j.priority, j.attempts, j.memory,
		bailiff._age_ns(clock_timestamp(), j.created_at), s.body, j.losses
		FROM unnest(v_jobs) WITH ORDINALITY t (id, place) JOIN bailiff.job j ON j.id = t.id
		JOIN bailiff.spec s ON s.job = t.id ORDER BY t.place;
	PERFORM bailiff._move('ready', 'running', cardinality(v_jobs));
END $$;

-- Whether there are jobs that such a worker could take, now or later.
CREATE OR REPLACE FUNCTION bailiff.has_more(a_offers text[], a_memory bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM bailiff.class c WHERE c.needs <@ a_offers AND EXISTS (SELECT FROM bailiff.job j
		WHERE j.class = c.id AND j.state = 'ready' AND j.memory <= a_memory))
$$;

-- The holds that still are.
CREATE OR REPLACE FUNCTION bailiff.renew(a_jobs bigint[], a_fences bigint[], a_lease_ns bigint)
RETURNS TABLE (job bigint, fence bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE bailiff.job j SET lease_until = clock_timestamp() + bailiff._lease(a_lease_ns)
		FROM (SELECT l.id FROM bailiff.job l JOIN unnest(a_jobs, a_fences) h (job, fence)
			ON l.id = h.job AND l.fence = h.fence WHERE l.state = 'running'
			ORDER BY l.id FOR UPDATE OF l) held
		WHERE j.id = held.id RETURNING j.id, j.fence
$$;

-- Writes a verdict: "written"; "repeated" where the same hold did so before; else "superseded".
CREATE OR REPLACE FUNCTION bailiff._write_verdict(a_job bigint, a_fence bigint, a_result text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE bailiff.job SET state = 'done', finished_at = clock_timestamp()
		WHERE id = a_job AND fence = a_fence AND state = 'running';
	IF FOUND THEN
		INSERT INTO bailiff.verdict VALUES (a_job, a_fence, a_result, clock_timestamp());
		RETURN 'written';
	ELSIF EXISTS (SELECT FROM bailiff.verdict v JOIN bailiff.job j ON j.id = v.job
			WHERE v.job = a_job AND v.fence = a_fence AND j.state = 'done') THEN
		RETURN 'repeated';
	END IF;
	RETURN 'superseded';
END $$;

-- Whether the verdict is that of this hold.
CREATE OR REPLACE FUNCTION bailiff.finish(a_job bigint, a_fence bigint, a_result text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_outcome text := bailiff._write_verdict(a_job, a_fence, a_result);
BEGIN
	IF v_outcome = 'written' THEN
		PERFORM bailiff._tell_ended();
		PERFORM bailiff._move('running', 'done');
	END IF;
	RETURN v_outcome <> 'superseded';
END $$;

-- finish() for each verdict, then claim(), whose arguments follow. Rows of verdicts come first and have is_held,
-- whether the verdict is that of the hold.
CREATE OR REPLACE FUNCTION bailiff.exchange(a_jobs bigint[], a_fences bigint[], a_results text[],
	a_worker text, a_instance bigint, a_offers text[],
	a_memory bigint, a_count integer, a_lease_ns bigint, a_is_waiting boolean,
	a_memory_all bigint, a_reserve_ns bigint)
RETURNS TABLE (job bigint, fence bigint, kind text, client text, priority integer, attempt integer,
	memory bigint, waited_ns bigint, spec text, losses integer, is_held boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_verdict record;
	v_outcome text;
	v_count bigint := 0;
BEGIN
	PERFORM bailiff._check_owner(a_worker, a_instance);
	-- By number, as everybody does who locks several.
	FOR v_verdict IN SELECT v.job, v.fence, v.result FROM unnest(a_jobs, a_fences, a_results)
			v (job, fence, result) ORDER BY v.job LOOP
		v_outcome := bailiff._write_verdict(v_verdict.job, v_verdict.fence, v_verdict.result);
		v_count := v_count + (v_outcome = 'written')::int;
		job := v_verdict.job;
		fence := v_verdict.fence;
		is_held := v_outcome <> 'superseded';
		RETURN NEXT;
	END LOOP;
	IF v_count > 0 THEN
		PERFORM bailiff._tell_ended();
	END IF;
	PERFORM bailiff._move('running', 'done', v_count);
	RETURN QUERY SELECT c.*, NULL::boolean FROM bailiff.claim(a_worker, a_instance, a_offers,
		a_memory, a_count, a_lease_ns, a_is_waiting, a_memory_all, a_reserve_ns) c;
END $$;

-- a_needs: NULL = as they are. Whether the job was held.
CREATE OR REPLACE FUNCTION bailiff.fail(a_job bigint, a_fence bigint, a_failure text, a_reason text,
	a_result text, a_memory bigint, a_needs text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
	v_job bailiff.job;
	v_class integer;
	v_state text := 'ready';
BEGIN
	SELECT * INTO v_job FROM bailiff.job WHERE id = a_job AND fence = a_fence AND state = 'running'
		FOR UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF a_failure = 'misfit' THEN
		v_class := bailiff._class(coalesce(a_needs,
			(SELECT needs FROM bailiff.class WHERE id = v_job.class)), a_memory);
		IF v_class = v_job.class AND a_memory = v_job.memory THEN
			a_failure := 'failed'; -- it would come back for ever
		ELSE
			UPDATE bailiff.job SET class = v_class, memory = a_memory WHERE id = a_job;
		END IF;
	END IF;
	IF a_failure IN ('failed', 'rejected') THEN
		v_state := bailiff._count_failure(v_job, a_failure = 'rejected', a_reason, a_result);
	ELSE
		PERFORM bailiff._unclaim(a_job);
		PERFORM bailiff._tell_ready();
	END IF;
	IF v_state = 'dead' THEN
		PERFORM bailiff._tell_ended();
	END IF;
	PERFORM bailiff._move('running', v_state);
	RETURN true;
END $$;

-- Gives back what runs in a worker's name and is none of these holds. The number of a job's claims that did not count
-- as attempts is bounded: then this one counts.
CREATE OR REPLACE FUNCTION bailiff.return_unheard(a_worker text, a_instance bigint, a_jobs bigint[],
	a_fences bigint[], a_max integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off AS $$
DECLARE
	v_job bailiff.job;
	v_ready bigint := 0;
	v_dead bigint := 0;
BEGIN
	FOR v_job IN SELECT * FROM bailiff.job j WHERE j.state = 'running' AND j.worker = a_worker
			AND j.instance = a_instance AND NOT EXISTS (SELECT
				FROM unnest(a_jobs, a_fences) h (job, fence)
				WHERE h.job = j.id AND h.fence = j.fence)
			ORDER BY j.id FOR UPDATE SKIP LOCKED LOOP
		IF v_job.fence - v_job.attempts < a_max THEN
			PERFORM bailiff._unclaim(v_job.id);
			v_ready := v_ready + 1;
		ELSIF bailiff._count_loss(v_job) = 'dead' THEN
			v_dead := v_dead + 1;
		ELSE
			v_ready := v_ready + 1;
		END IF;
	END LOOP;
	IF v_ready > 0 THEN
		PERFORM bailiff._tell_ready();
	END IF;
	PERFORM bailiff._move_lost(v_ready, v_dead);
	RETURN v_ready + v_dead;
END $$;

CREATE OR REPLACE FUNCTION bailiff.reap(a_max integer, OUT ready bigint, OUT dead bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
	v_job bailiff.job;
BEGIN
	ready := 0;
	dead := 0;
	FOR v_job IN SELECT * FROM bailiff.job WHERE state = 'running' AND lease_until <= clock_timestamp()
			ORDER BY lease_until LIMIT a_max FOR UPDATE SKIP LOCKED LOOP
		IF bailiff._count_loss(v_job) = 'dead' THEN
			dead := dead + 1;
		ELSE
			ready := ready + 1;
		END IF;
	END LOOP;
	DELETE FROM bailiff.worker WHERE seen_at < clock_timestamp() - interval '1 day';
	PERFORM bailiff._move_lost(ready, dead);
END $$;

---- for the owner -------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION bailiff.set(a_depth_max bigint, a_client_depth_max bigint) RETURNS void
LANGUAGE sql AS $$
	DELETE FROM bailiff.client;
	UPDATE bailiff.setting SET
		depth_max = CASE WHEN a_depth_max > 0 THEN a_depth_max ELSE depth_max END,
		client_depth_max = CASE WHEN a_client_depth_max > 0 THEN a_client_depth_max
			ELSE client_depth_max END
$$;

CREATE OR REPLACE FUNCTION bailiff.purge(a_age_ns bigint, a_max integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	v_done bigint;
	v_dead bigint;
	v_cancelled bigint;
BEGIN
	WITH gone AS (DELETE FROM bailiff.job WHERE id = ANY (ARRAY(SELECT id FROM bailiff.job
			WHERE finished_at <= clock_timestamp() - a_age_ns / 1000 * interval '1 microsecond'
			ORDER BY finished_at LIMIT a_max FOR UPDATE SKIP LOCKED)) RETURNING state)
	SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'dead'),
		count(*) FILTER (WHERE state = 'cancelled') INTO v_done, v_dead, v_cancelled FROM gone;
	DELETE FROM bailiff.client WHERE room_until <= (SELECT last_value FROM bailiff.job_id_seq);
	PERFORM bailiff._move('done', '', v_done);
	PERFORM bailiff._move('dead', '', v_dead);
	PERFORM bailiff._move('cancelled', '', v_cancelled);
	RETURN v_done + v_dead + v_cancelled;
END $$;

-- Deletes classes that no job has any more. One that is about to get a job is locked, and passed over. Whether one has
-- got a job since is only known once it is locked here, and each delete is a statement of its own, which sees
-- what was committed until then.
CREATE OR REPLACE FUNCTION bailiff.forget_classes() RETURNS void
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
	v_class integer;
BEGIN
	FOR v_class IN SELECT c.id FROM bailiff.class c WHERE NOT EXISTS (SELECT FROM bailiff.job j
			WHERE j.class = c.id AND j.state <> 'done') FOR UPDATE SKIP LOCKED LOOP
		DELETE FROM bailiff.class c WHERE c.id = v_class AND NOT EXISTS (SELECT FROM bailiff.job j
			WHERE j.class = v_class AND j.state <> 'done');
	END LOOP;
END $$;

---- rights --------------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA bailiff FROM PUBLIC, bailiff_client, bailiff_worker;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bailiff FROM PUBLIC, bailiff_client, bailiff_worker;
GRANT USAGE ON SCHEMA bailiff TO bailiff_client, bailiff_worker;
GRANT EXECUTE ON FUNCTION bailiff.version, bailiff.stats TO bailiff_client, bailiff_worker;
GRANT EXECUTE ON FUNCTION bailiff.submit, bailiff.result, bailiff.list, bailiff.cancel, bailiff.retry,
	bailiff.workers, bailiff.await_ends TO bailiff_client;
GRANT EXECUTE ON FUNCTION bailiff.register, bailiff.report, bailiff.leave, bailiff.claim, bailiff.has_more,
	bailiff.renew, bailiff.finish, bailiff.exchange, bailiff.fail, bailiff.return_unheard,
	bailiff.reap TO bailiff_worker;

COMMIT;
