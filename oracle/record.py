"""Reads the record of a workspace into DuckDB.

The record is the database in the workspace's folder: activities, identities, members and facts as they were stored. Nothing that the
query engine made of it is read, but for what words say (`axle sql` unpacks it) and where a member worked when they did something.
"""

import json
import re
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import duckdb

CATALOGUE = Path(__file__).parent.parent / "docs" / "reference" / "activities.md"

FLAGS = ("question", "answer", "contribution", "like", "share", "comment", "join", "advocacy", "feedback", "attendance")

TABLES = {
    "identity": """
        select identity_id, member_number as member, platform, uid, username, email, name, visitor
        from identity""",
    "identity_email": "select identity_id, email, verified, first_at, last_at, heard_at from identity_email",
    "member": "select member_number as member, lower(hex(member_id)) as member_id, name, is_bot from member",
    "source": "select source_id, name, format from source",
    "channel": "select channel_id, source_id, external_id, name, kind, ownership, is_qa from channel",
    "thread": "select thread_id, source_id, external_id, channel_id, title, is_closed, closed_at from thread",
    "stored_activity": """
        select seq, lower(hex(activity.activity_id)) as activity_id, source_id, external_id, key as stored_type,
               identity_id, channel_id, thread_id, lower(hex(parent_id)) as parent_id, occurred_at,
               min(coalesce(deleted_at, missing_at), coalesce(missing_at, deleted_at)) as deleted_at,
               weight as own_weight, counterparts, properties, reading_code
        from activity join activity_type using (activity_type_id)
        left join missing_activity on missing_activity.activity_id = activity.activity_id""",
    "fact": "select fact_id, source_id, kind, natural_key, identity_id, organization, at as began_at, until as ended_at, body from fact",
    "fact_person": "select fact_id, field, identity_id from fact_person",
    "member_word": "select member_word_id, identity_id, kind, is_so, from_day, to_day, said_at from member_word where revoked_at is null",
    "setting": "select name, value from setting",
}

READINGS = """
    select replace(activity_id, '-', '') as activity_id, organization_id,
           is_question, sentiment,
           coalesce(labels like '%hand_raise%', false) as raises_hand
    from activities"""

# `axle sql` has what holds now. What was deleted was read when it came: bits of labels, and the mood's number from bit 9 on.
READINGS_OF_DELETED = """
insert into reading
select activity_id, null, (reading_code & 1) = 1, ['negative', 'neutral', 'positive', 'unknown'][((reading_code >> 9) & 3) + 1],
       coalesce((reading_code & 2) = 2, false)
from stored_activity where deleted_at is not null"""
WORKED = """
    with deleted(activity_id, identity_id, at) as (values {rows})
    select activity_id, organization_id
    from deleted
    join (select organization_id, organization_of('', organization_id) as place from organizations)
      on organization_on(member_of(identity_id), local_day(instant_of(at))) = place"""

# Runs of flywheels, their stays at steps and what these rest on are taken on trust as of now.
STAYS = """
    select run_id, visit, flywheel, replace(member_id, '-', '') as member_id, step, segment, function, owner, how, became, reason, entered_at, due_at, left_at
    from flywheel_visits"""
RUNS = "select run_id, flywheel, replace(member_id, '-', '') as member_id, state, opened_at, ended_at as over_at from flywheel_runs"

EVIDENCE = "select run_id, step, kind, evidence_id, observed_at as seen_at from flywheel_evidence"

# Which messages of chats without threads are listed as questions goes by what was said around them.
LISTED = "select replace(activity_id, '-', '') as activity_id from questions where thread_id is null"

# Where whoever accepted an invitation worked on that day.
ACCEPTED = """
    select invite_id, organization_id
    from (select invite_id, organization_on(member_named(accepted_by), local_day(accepted_at)) as worked_at from referrals)
    join (select organization_id, organization_of('', organization_id) as place from organizations) on worked_at = place"""

PLACES = "select distinct member, replace(member_id, '-', '') as member_id from flywheel_visits"
CAUSES = "select flywheel, member, entrant, at as caused_at from flywheel_causes"

FLYWHEELS = """
create table cause as
select flywheel, m.member, n.member as entrant, utc(caused_at) as caused_at
from told_cause join told_place p on p.member = told_cause.member join member m on m.member_id = p.member_id
join told_place q on q.member = told_cause.entrant join member n on n.member_id = q.member_id;

create table every_stay as
select told_stay.* exclude (member_id, entered_at, due_at, left_at), member, utc(entered_at) as entered_at, utc(due_at) as due_at, utc(left_at) as left_at
from told_stay join member using (member_id);

create table every_run as
select told_run.* exclude (member_id, opened_at, over_at), member, utc(opened_at) as opened_at, utc(over_at) as ended_at
from told_run join member using (member_id);

create table every_evidence as select told_evidence.* exclude (seen_at), utc(seen_at) as observed_at from told_evidence;"""

# Columns that may be null in every row, or have no rows at all, and are numbers, or true or false, nevertheless.
NUMBERS = {"own_weight", "deleted_at", "closed_at", "identity_id", "member", "is_so", "from_day", "to_day", "said_at", "is_qa", "is_closed"}
NUMBERS |= {"reading_code", "thread_id", "channel_id", "began_at", "ended_at", "verified", "first_at", "last_at", "heard_at", "member_word_id"}
NUMBERS |= {"seq", "source_id", "occurred_at", "is_bot", "entrant"}
TRUTHS = {"is_question", "raises_hand"}


class Axle:
    """The program under test, as a command."""

    def __init__(self, binary, data, workspace):
        self.command = [binary, "--data", str(data), "--workspace", workspace, "--format", "json"]

    def run(self, *arguments):
        """What a command answers."""
        done = subprocess.run([*self.command, *arguments], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)


def load(axle, data, workspace):
    """The record as tables of a DuckDB in memory: instants are UTC, ids are the record's numbers."""
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'")
    path = Path(data) / "workspaces" / workspace / "axle.db"
    record = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for table, query in TABLES.items():
        cursor = record.execute(query)
        write(db, table, [column[0] for column in cursor.description], cursor.fetchall())
    record.close()
    ask(axle, db, "reading", READINGS, "activity_id organization_id is_question sentiment raises_hand")
    of_deleted(axle, db)
    write(db, "activity_type", ["key", "type", "default_weight", "connects", *(f"is_{flag}" for flag in FLAGS)], catalogue())
    ask(axle, db, "organization", "select organization_id, name from organizations", "organization_id name")
    ask(axle, db, "listed", LISTED, "activity_id")
    ask(axle, db, "accepted_at_work", ACCEPTED, "invite_id organization_id")
    ask(axle, db, "told_stay", STAYS, "run_id visit flywheel member_id step segment function owner how became reason entered_at due_at left_at")
    ask(axle, db, "told_run", RUNS, "run_id flywheel member_id state opened_at over_at")
    ask(axle, db, "told_evidence", EVIDENCE, "run_id step kind evidence_id seen_at")
    ask(axle, db, "told_cause", CAUSES, "flywheel member entrant caused_at")
    ask(axle, db, "told_place", PLACES, "member member_id")
    db.execute("create macro utc(instant) as timezone('UTC', cast(instant as timestamptz))")
    db.execute(FLYWHEELS)
    db.execute(TIDY.replace("(OPENINGS)", f"({OPENINGS})").replace("(REPLIES)", f"({REPLIES})"))
    return db


def ask(axle, db, table, query, names):
    """Makes a table of what `axle sql` answers."""
    rows = axle.run("sql", query, "--limit", "100000000")
    write(db, table, names.split(), [[row.get(name) for name in names.split()] for row in rows])


def of_deleted(axle, db):
    """Adds what the words of deleted activities say, and where whoever did them worked."""
    db.execute(READINGS_OF_DELETED)
    rows = db.execute(
        "select activity_id, identity_id, strftime(make_timestamp(occurred_at), '%Y-%m-%dT%H:%M:%S.%fZ') from stored_activity where deleted_at is not null"
    ).fetchall()
    # A command takes so much text at once.
    for start in range(0, len(rows), 500):
        values = ", ".join(str(row) for row in rows[start : start + 500])
        for worked in axle.run("sql", WORKED.format(rows=values), "--limit", "500"):
            db.execute("update reading set organization_id = ? where activity_id = ?", [worked["organization_id"], worked["activity_id"]])


def write(db, table, names, rows):
    """Makes a table of rows; JSON Lines in between are quick and keep what is null."""
    kinds = {name: kind_of(name, [row[place] for row in rows]) for place, name in enumerate(names)}
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    db.execute(f"create table {table} ({columns})")
    if not rows:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
        file.flush()
        types = ", ".join(f"{name}: '{kind}'" for name, kind in kinds.items())
        db.execute(
            f"insert into {table} select {', '.join(kinds)} from read_json('{file.name}',"
            f" format = 'newline_delimited', columns = {{{types}}}, maximum_object_size = 100000000)"
        )


def kind_of(name, values):
    """The type of a column with these values."""
    if name in NUMBERS:
        return "bigint"
    if name in TRUTHS:
        return "boolean"
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "bigint"
    return "double" if kinds and kinds <= {int, float} else "varchar"


def catalogue():
    """Rows of the table of activity types in the reference, and of its other spellings."""
    text = CATALOGUE.read_text()
    types, aliases = {}, []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        keys = re.findall(r"`([^`]+)`", line)
        if len(cells) == 5 and line.startswith("| `"):
            types[keys[0]] = [int(cells[2]), cells[3] or None, *(flag in cells[4].split(", ") for flag in FLAGS)]
        elif len(cells) == 2 and len(keys) == 2:
            aliases.append(keys)
    rows = [[key, key, *rest] for key, rest in types.items()]
    return rows + [[alias, key, *types[key]] for alias, key in aliases]


# What opens a thread, and what replies in one: remarks on questions and answers are no replies.
OPENINGS = """
    'question:asked', 'forum:topic:opened', 'mail:thread:opened', 'github:issue:opened', 'github:discussion:opened',
    'github:pull_request:opened'"""
REPLIES = """
    'question:answered', 'forum:post:replied', 'mail:message:replied', 'github:issue:commented',
    'github:discussion:commented', 'github:pull_request:reviewed', 'chat:message:sent'"""

# An activity's id is a stem, of its source and own id, and four bytes of its type. Who names a parent does not say of which type it is.
TIDY = """
create table labelled as
with typed as (select channel.*, source.name as source,
                      case when coalesce(kind, case source.format when 'discourse' then 'forum' end) = 'forum' then 'category ' else 'channel ' end as noun
               from channel join source using (source_id)),
named as (select *, case when regexp_full_match(external_id, '[0-9]+') then noun else '' end || external_id as numbered from typed),
called as (select *, coalesce(name, nullif(numbered, ''), '(none)') as own from named)
select *, case when count(*) over (partition by own) > 1 then source || '/' || own else own end as label
from called;

create table activity as
select seq, a.activity_id, source.name as source, a.external_id, a.channel_id,
       label as channel,
       channel.ownership is distinct from 'external' as is_ours,
       coalesce(channel.is_qa, 0) = 1 as is_qa,
       coalesce(type, stored_type) as activity_type,
       cast(coalesce(own_weight, default_weight, if(stored_type like 'product:%', 0, 1)) as bigint) as weight,
       coalesce(type, stored_type) in (OPENINGS) as opens_thread, coalesce(type, stored_type) in (REPLIES) as replies,
       replies and coalesce(type, stored_type) <> 'chat:message:sent' as only_replies,
       coalesce(type, stored_type) like 'product:%' or coalesce(channel.kind, '') = 'product' as is_product,
       identity_id, member, a.thread_id, left(a.activity_id, 24) as stem, left(nullif(parent_id, ''), 24) as parent, make_timestamp(occurred_at) as occurred_at,
       make_timestamp(deleted_at) as deleted_at, cast(counterparts as bigint[]) as counterparts,
       connects, (connects is not null and not coalesce(is_like, false)
                  and coalesce(type, stored_type) not in ('answer:accepted', 'github:pull_request:merged')) or opens_thread as posts,
       coalesce(activity_type.is_question, false) as type_asks, coalesce(is_answer, false) as type_answers,
       coalesce(is_like, false) as is_like, coalesce(is_share, false) as is_share,
       coalesce(is_comment, false) as is_comment, coalesce(is_join, false) as is_join,
       coalesce(reading.is_question, false) as words_ask,
       reading.sentiment, reading.organization_id, coalesce(reading.raises_hand, false) as raises_hand,
       json_extract_string(properties, '$.campaign') as campaign,
       json_extract_string(properties, '$.object.id') as thing,
       if(json_extract_string(properties, '$.object.kind') = 'content', json_extract_string(properties, '$.object.id'), null) as piece
from stored_activity a
join source using (source_id)
join identity using (identity_id)
join labelled as channel using (channel_id)
left join activity_type on activity_type.key = stored_type
left join reading on reading.activity_id = a.activity_id;
"""
