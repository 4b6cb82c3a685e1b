-- SPDX-License-Identifier: MIT
-- Tables of an embedded queue. Times "until" and "due" are nanoseconds of CLOCK_BOOTTIME, which nobody
-- can step; they mean something within one boot only (setting 'boot'). Times "at" are nanoseconds since
-- the epoch, for people.
PRAGMA application_id = 1650551148; -- "bail"
PRAGMA user_version = 1;

CREATE TABLE setting (
	name TEXT PRIMARY KEY,
	value NOT NULL
) WITHOUT ROWID;
INSERT INTO setting VALUES ('depth_max', 100000), ('client_depth_max', 20000), ('boot', '');

-- What jobs ask of a worker. A worker looks at the first job of each class that it can do, so jobs that it
-- can not do cost it nothing however many are before. memory_bits: its jobs take at most 2^bits bytes.
CREATE TABLE class (
	id INTEGER PRIMARY KEY,
	needs TEXT NOT NULL, -- sorted, joined by commas
	memory_bits INTEGER NOT NULL,
	UNIQUE (needs, memory_bits)
);

CREATE TABLE job (
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- numbers are not used again
	client TEXT NOT NULL,
	request_id TEXT,
	digest BLOB NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('run', 'judge')),
	priority INTEGER NOT NULL,
	class INTEGER NOT NULL REFERENCES class,
	memory INTEGER NOT NULL,
	state TEXT NOT NULL DEFAULT 'ready'
		CHECK (state IN ('ready', 'running', 'done', 'dead', 'cancelled')),
	is_parked INTEGER NOT NULL DEFAULT 0, -- ready, but not before due
	turn INTEGER NOT NULL,
	fence INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	losses INTEGER NOT NULL DEFAULT 0, -- of them, those that ended with their worker
	attempts_max INTEGER NOT NULL,
	worker TEXT,
	instance INTEGER,
	lease_until INTEGER NOT NULL DEFAULT 0,
	due INTEGER NOT NULL DEFAULT 0,
	avoid TEXT, -- a worker that is not to have it ...
	avoid_until INTEGER NOT NULL DEFAULT 0,
	last_error TEXT,
	created_at INTEGER NOT NULL,
	started_at INTEGER NOT NULL DEFAULT 0,
	finished_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX job_request ON job (client, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX job_ready ON job (class, priority DESC, turn, id) WHERE state = 'ready' AND is_parked = 0;
CREATE INDEX job_class ON job (class); -- for classes that have none any more
CREATE INDEX job_parked ON job (due) WHERE state = 'ready' AND is_parked = 1;
CREATE INDEX job_client ON job (client, priority, turn) WHERE state = 'ready';
CREATE INDEX job_running ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_lost ON job (id) WHERE state IN ('dead', 'cancelled');
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at > 0;

-- Apart from the job, because an update writes a whole row.
CREATE TABLE spec (
	job INTEGER PRIMARY KEY REFERENCES job ON DELETE CASCADE,
	text TEXT NOT NULL
);
CREATE TABLE verdict (
	job INTEGER PRIMARY KEY REFERENCES job ON DELETE CASCADE,
	fence INTEGER NOT NULL,
	result TEXT NOT NULL
);

CREATE TABLE worker (
	name TEXT PRIMARY KEY,
	instance INTEGER NOT NULL,
	slots INTEGER NOT NULL,
	offers TEXT NOT NULL,
	host TEXT NOT NULL,
	version TEXT NOT NULL,
	status TEXT,
	seen INTEGER NOT NULL -- CLOCK_BOOTTIME
) WITHOUT ROWID;

-- How many jobs there are, without counting them.
CREATE TABLE tally (
	state TEXT PRIMARY KEY,
	jobs INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO tally VALUES ('ready', 0), ('running', 0), ('done', 0), ('dead', 0), ('cancelled', 0);
CREATE TABLE client (
	name TEXT PRIMARY KEY,
	ready INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER job_added AFTER INSERT ON job BEGIN
	UPDATE tally SET jobs = jobs + 1 WHERE state = new.state;
	INSERT INTO client SELECT new.client, 1 WHERE new.state = 'ready'
		ON CONFLICT DO UPDATE SET ready = ready + 1;
END;
CREATE TRIGGER job_moved AFTER UPDATE OF state ON job WHEN old.state <> new.state BEGIN
	UPDATE tally SET jobs = jobs - 1 WHERE state = old.state;
	UPDATE tally SET jobs = jobs + 1 WHERE state = new.state;
	UPDATE client SET ready = ready - 1 WHERE name = old.client AND old.state = 'ready';
	DELETE FROM client WHERE name = old.client AND ready = 0;
	INSERT INTO client SELECT new.client, 1 WHERE new.state = 'ready'
		ON CONFLICT DO UPDATE SET ready = ready + 1;
END;
CREATE TRIGGER job_removed AFTER DELETE ON job BEGIN
	UPDATE tally SET jobs = jobs - 1 WHERE state = old.state;
	UPDATE client SET ready = ready - 1 WHERE name = old.client AND old.state = 'ready';
	DELETE FROM client WHERE name = old.client AND ready = 0;
END;
