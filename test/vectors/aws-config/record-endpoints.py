"""Asks botocore where STS is with each profile of endpoints.json: python3 record-endpoints.py > new.json

Needs botocore 1.31 or later, which reads endpoint_url (1.43.11 is what was recorded). Nothing is sent: a client is made.
"""

import json
import os
import pathlib
import sys
import tempfile

import botocore.exceptions
import botocore.session

here = pathlib.Path(__file__).parent
cases = json.loads((here / "endpoints.json").read_text())
for case in cases:
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "config")
        config.write_text(case["config"])
        os.environ.clear()
        os.environ.update(
            AWS_CONFIG_FILE=str(config),
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_PROFILE=case["profile"],
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
            AWS_SECRET_ACCESS_KEY="secret",
            **case.get("environment", {}),
        )
        try:
            client = botocore.session.Session().create_client("sts", region_name="eu-central-1")
            sent = {}

            def stop(request, **_):
                sent["url"] = request.url
                return botocore.awsrequest.AWSResponse(request.url, 500, {}, None)

            client.meta.events.register("before-send.sts", lambda request, **kw: stop(request))
            try:
                client.get_caller_identity()
            except Exception:
                pass
            case["botocore"] = sent.get("url", "").rstrip("/") or None
        except (botocore.exceptions.BotoCoreError, ValueError) as error:
            case["botocore"] = None
json.dump(cases, sys.stdout, indent=2)
sys.stdout.write("\n")
