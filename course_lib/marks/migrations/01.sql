CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE student (id TEXT PRIMARY KEY, name TEXT NOT NULL, section TEXT NOT NULL);
CREATE TABLE submission (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    student TEXT NOT NULL, exercise TEXT NOT NULL, sender TEXT NOT NULL,
    arrival TEXT NOT NULL, created TEXT NOT NULL, late INTEGER NOT NULL,
    penalty REAL NOT NULL DEFAULT 0, "check" TEXT NOT NULL, note TEXT NOT NULL,
    page TEXT NOT NULL, chosen INTEGER NOT NULL DEFAULT 0, answers TEXT NOT NULL
);
CREATE INDEX submission_of ON submission (student, exercise);
CREATE TABLE verdict (
    submission INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    place INTEGER NOT NULL, question TEXT NOT NULL, points REAL NOT NULL, "of" REAL NOT NULL,
    status TEXT NOT NULL, seed INTEGER NOT NULL, duration REAL NOT NULL,
    course TEXT NOT NULL, tests TEXT NOT NULL, graded TEXT NOT NULL, verdict TEXT NOT NULL,
    PRIMARY KEY (submission, question)
);
CREATE TABLE manual (
    student TEXT NOT NULL, exercise TEXT NOT NULL, question TEXT NOT NULL,
    points REAL, comment TEXT NOT NULL, given TEXT NOT NULL,
    PRIMARY KEY (student, exercise, question)
);
