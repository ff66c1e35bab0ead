"""What botocore makes of each case of cases.json beside this file.

Prints the cases with the profiles that botocore's own session sees (`botocore`), or null where it refuses the files.
`record.py --write` writes them into cases.json. Nested blocks are left out: latchkey reads none.
"""

import json
import os
import sys
import tempfile

import botocore.exceptions
import botocore.session

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.json")


def read(case):
    with tempfile.TemporaryDirectory() as folder:
        for name, variable in (
            ("config", "AWS_CONFIG_FILE"),
            ("credentials", "AWS_SHARED_CREDENTIALS_FILE"),
        ):
            os.environ[variable] = path = os.path.join(folder, name)
            if name in case:
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(case[name])
        try:
            profiles = botocore.session.Session().full_config["profiles"]
        except botocore.exceptions.ConfigParseError:
            return None
        return {
            name: {key: value for key, value in values.items() if isinstance(value, str)}
            for name, values in profiles.items()
        }


os.environ.pop("AWS_PROFILE", None)
with open(PATH, encoding="utf-8") as file:
    cases = [{**case, "botocore": read(case)} for case in json.load(file)]
text = json.dumps(cases, indent=2) + "\n"
if "--write" in sys.argv:
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(text)
else:
    print(text, end="")
