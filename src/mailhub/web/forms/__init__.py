"""Forms out of schemas: every kind of value that a schema of the hub or of a plugin can hold, with no line written for it.

A page makes a ``Form`` of a schema, fills it with what the API would present, reads what was posted and gets what the API
would have read, or shows the form again with everything that was typed and each mistake at its field. deform holds the
fields; the templates hold no script, and without one everything still works.
"""

from .errors import FormChanged, FormRefused, FormShownAgain, NoFieldForThis, Summary
from .form import Form
from .looks import Look
from .uploading import Uploads

__all__ = [
    "Form",
    "FormChanged",
    "FormRefused",
    "FormShownAgain",
    "Look",
    "NoFieldForThis",
    "Summary",
    "Uploads",
]
