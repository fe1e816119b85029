"""Who is on the other end, and how much they may take: small pieces for a `websockets` server.

Each stands alone: `tls` for the line, `tokens` and `auth` for who it is, `origins` for which page,
`validation` for what it says, `limits` for how much. `weak` is a chat server that lacks whichever of
them one switches off, and `attacks` is what comes of it; both are for this machine only.
"""

from course_lib.security.limits import LIMITS, Addresses, Bucket, Buckets, Limit
from course_lib.security.origins import AllowedOrigins, Origin, parse_origin, same_origin
from course_lib.security.tls import LabAuthority
from course_lib.security.tokens import BadToken, Identity, Tickets, Tokens, same
from course_lib.security.validation import BadMessage, Plain, Strict, read_json, read_message
