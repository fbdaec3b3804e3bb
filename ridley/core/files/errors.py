"""Refusals of uploads, with the statuses that tus 1.0.0 gives them. They stand beside the tree in access/errors.py.

Refusal
├── LengthRequired         411
├── ProtocolMismatch       412  another version of tus
├── TooLarge               413  over the budget, or more than was announced
├── WrongContentType       415
├── UploadBusy             423  somebody is sending to it at this moment
├── ChecksumMismatch       460  what was sent is dropped again
├── Expired                410  it was left unfinished for too long
└── DiskFull               507  what arrived before is kept
"""

from __future__ import annotations

from ridley.core.access.errors import Refusal


class LengthRequired(Refusal):
    status, code, title = 411, "length-required", "Say how long the body is"


class ProtocolMismatch(Refusal):
    status, code, title = 412, "tus-version", "Another version of tus"


class TooLarge(Refusal):
    status, code, title = 413, "upload-too-large", "Too large"


class WrongContentType(Refusal):
    status, code, title = 415, "unsupported-media-type", "Send application/offset+octet-stream"


class UploadBusy(Refusal):
    status, code, title = 423, "upload-busy", "Busy"


class ChecksumMismatch(Refusal):
    status, code, title = 460, "checksum-mismatch", "Damaged on the way"


class Expired(Refusal):
    status, code, title = 410, "upload-expired", "Expired"


class DiskFull(Refusal):
    status, code, title = 507, "disk-full", "No room left"

    def __init__(self) -> None:
        super().__init__("The disk is full. What had arrived before is kept. Make room and try again.")
