"""Files that come within a form, without a script: kept as uploads of who posts them."""

from typing import Any

from mailhub.uploads.names import announced_type, last_segment
from mailhub.uploads.service import UploadsService
from mailhub.web.request import PageRequest


def is_file(control: Any) -> bool:
    """Whether a control holds a file that somebody chose."""
    return not isinstance(control, str) and bool(getattr(control, "filename", ""))


class FormUploads:
    """Where a form puts the files that come with it."""

    def __init__(self, request: PageRequest) -> None:
        self._request = request

    def store(self, file: Any) -> str:
        """Keep a file; the id of the upload, which ``fresh_work`` sees. Raises ``Denied``, ``TooLarge``."""
        upload_id, _size, _sha256 = self._request.work.service(UploadsService).receive(
            self._request.identity,
            file.file,
            None,
            name=last_segment(file.filename),
            content_type=announced_type(file.type),
        )
        return upload_id
