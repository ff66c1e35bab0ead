"""Makes the calls that standard input lists, with boto3, and prints what came of each as one JSON list."""

import json
import os
import sys

import boto3
import botocore.exceptions
from botocore.config import Config


def outcome(call):
    """The answer, or the class that boto3 makes of a refusal, and its bases."""
    credentials = call["credentials"]
    client = boto3.client(
        call.get("service", "sts"),
        endpoint_url=os.environ["TEST_ENDPOINT"],
        region_name=call.get("region", "eu-west-1"),
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials.get("sessionToken"),
        config=Config(retries={"max_attempts": 2}),
    )
    try:
        answer = getattr(client, call["operation"])(**call.get("parameters", {}))
    except botocore.exceptions.ClientError as error:
        classes = [cls.__name__ for cls in type(error).__mro__]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"classes": classes, "status": status, **error.response["Error"]}
    except botocore.exceptions.BotoCoreError as error:
        return {"classes": [cls.__name__ for cls in type(error).__mro__]}
    except botocore.parsers.ResponseParserError as error:
        return {"classes": [cls.__name__ for cls in type(error).__mro__]}
    return {"retries": answer.pop("ResponseMetadata")["RetryAttempts"], **answer}


json.dump([outcome(call) for call in json.load(sys.stdin)], sys.stdout, default=str)
