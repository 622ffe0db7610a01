"""What maintainers, teachers and learners run: build, check, fetch, grade, lab."""

import sys

# jsonschema, which nbformat uses, compiles a grammar of internationalised addresses when it is
# imported: two seconds for every command, for a format that no notebook asks for. It does without
# where the grammar's package is missing.
sys.modules.setdefault("rfc3987_syntax", None)
