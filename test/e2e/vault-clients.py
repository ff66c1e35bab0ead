"""Does with hvac what a person or a job would do, and prints what came of it as one JSON object."""

import json
import os
import sys
import warnings

import hvac
from hvac import exceptions

warnings.simplefilter("ignore")
url, root_token = os.environ["VAULT_ADDR"], os.environ["VAULT_TOKEN"]
public_key = sys.stdin.read().strip()
found = {}


def refusal(call):
    """The name and text of the exception that hvac makes of a refusal."""
    try:
        call()
    except exceptions.VaultError as error:
        return [type(error).__name__, str(error).split(", on ")[0]]
    return None


root = hvac.Client(url=url, token=root_token)
found["health"] = root.sys.read_health_status(method="GET")
found["head"] = root.sys.read_health_status().status_code
found["initialized"] = root.sys.is_initialized()
found["sealed"] = root.sys.is_sealed()
found["authenticated"] = [root.is_authenticated(), hvac.Client(url=url, token="s.wrong").is_authenticated()]

root.sys.enable_secrets_engine("ssh", path="ssh", description="CA")
found["mounts"] = sorted(root.sys.list_mounted_secrets_engines()["data"])
root.write("ssh/config/ca", generate_signing_key=True, key_type="ed25519")
root.write(
    "ssh/roles/ops",
    key_type="ca",
    allow_user_certificates=True,
    allowed_users="ubuntu,deploy",
    default_user="ubuntu",
    default_extensions={"permit-pty": ""},
    ttl="30m",
    max_ttl="2h",
)
found["roles"] = root.list("ssh/roles")["data"]["keys"]
found["missing_role"] = root.read("ssh/roles/none")

root.sys.create_or_update_policy("signing", {"path": {"ssh/sign/ops": {"capabilities": ["update"]}}})
found["policies"] = root.sys.list_policies()["data"]["policies"]
found["policy"] = json.loads(root.sys.read_policy("signing")["data"]["rules"])

root.sys.enable_auth_method("userpass")
root.auth.userpass.create_or_update_user("jo", password="correct horse", policies="signing")
found["users"] = root.auth.userpass.list_user()["data"]["keys"]
person = hvac.Client(url=url)
login = person.auth.userpass.login("jo", "correct horse")
found["person"] = {name: login["auth"][name] for name in ("policies", "metadata", "orphan", "token_type")}
person.token = login["auth"]["client_token"]
found["signed"] = person.write("ssh/sign/ops", public_key=public_key)["data"]["signed_key"]
found["capabilities"] = person.sys.get_capabilities(paths=["ssh/sign/ops", "ssh/roles/ops"])["data"]
found["denied"] = refusal(lambda: person.read("ssh/roles/ops"))
found["wrong_password"] = refusal(lambda: person.auth.userpass.login("jo", "wrong"))
found["wrong_principal"] = refusal(
    lambda: person.write("ssh/sign/ops", public_key=public_key, valid_principals="root")
)

root.sys.enable_auth_method("approle")
root.auth.approle.create_or_update_approle("ci", token_policies=["signing"], token_ttl="20m")
role_id = root.auth.approle.read_role_id("ci")["data"]["role_id"]
wrapped = root.write("auth/approle/role/ci/secret-id", wrap_ttl="60s")["wrap_info"]
found["wrapped_by"] = wrapped["creation_path"]
job = hvac.Client(url=url, token=wrapped["token"])
secret_id = job.sys.unwrap()["data"]["secret_id"]
found["unwrapped_twice"] = refusal(lambda: job.sys.unwrap())
job.token = job.auth.approle.login(role_id, secret_id)["auth"]["client_token"]
found["job"] = job.lookup_token()["data"]["meta"]
found["renewed"] = job.renew_self_token(increment=600)["auth"]["lease_duration"]
job.revoke_self_token()
found["after_revocation"] = refusal(lambda: job.lookup_token())

child = root.create_token(policies=["signing"], lease="10m", display_name="child", renewable=False)["auth"]
found["child"] = root.lookup_token(child["client_token"])["data"]["display_name"]
found["not_renewable"] = refusal(lambda: root.renew_token(child["client_token"]))
root.revoke_token(child["accessor"], accessor=True)
found["after_accessor"] = refusal(lambda: hvac.Client(url=url, token=child["client_token"]).lookup_token())

root.sys.seal()
found["while_sealed"] = refusal(lambda: root.lookup_token())
found["health_sealed"] = root.sys.read_health_status(method="GET").status_code
found["unsealed"] = root.sys.submit_unseal_key(os.environ["UNSEAL_KEY"])["sealed"]

print(json.dumps(found))
