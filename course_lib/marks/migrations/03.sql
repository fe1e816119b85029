-- Each exercise has a deadline of its own.
INSERT INTO settings SELECT 'policies', json_object('*', json_array(d.value, p.value + 0.0))
    FROM settings d, settings p WHERE d.key = 'deadline' AND p.key = 'per_day';
