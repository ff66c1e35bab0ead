"""Logs in with hvac by every method that the embedded server has, and prints what came of it as one JSON object."""

import json
import os
import sys
import urllib.parse
import warnings

import hvac
from hvac import exceptions

warnings.simplefilter("ignore")
url, ca = os.environ["VAULT_ADDR"], os.environ["VAULT_CACERT"]
given = json.load(sys.stdin)
redirect_uri = "http://localhost:8250/oidc/callback"


def client():
    return hvac.Client(url=url, verify=ca)


def outcome(login):
    """Who the login is of, by its token, or the exception that hvac makes of a refusal."""
    person = client()
    try:
        login(person.auth)
        return person.lookup_token()["data"]["display_name"]
    except exceptions.VaultError as error:
        return [type(error).__name__, str(error).split(", on ")[0]]


name, password = given["username"], given["password"]
logins = {
    "ldap": lambda auth, right: auth.ldap.login(name, password if right else "no"),
    "radius": lambda auth, right: auth.radius.login(name, password if right else "no"),
    "okta": lambda auth, right: auth.okta.login(name, password if right else "no"),
    "github": lambda auth, right: auth.github.login(given["githubToken"] if right else "ghp_no"),
    "jwt": lambda auth, right: auth.jwt.jwt_login("ci", given["jwt"] if right else "no"),
    "kubernetes": lambda auth, right: auth.kubernetes.login("deploy", given["kubernetesToken"] if right else given["jwt"]),
    "cert": lambda auth, right: auth.cert.login(
        name="laptop" if right else "other", cert_pem=given["clientCert"], key_pem=given["clientKey"]
    ),
    "aws": lambda auth, right: auth.aws.iam_login(
        given["accessKey"], given["secretKey"] if right else "no" * 20, role="dev", region="us-east-1"
    ),
}
found = {method: [outcome(lambda auth: login(auth, right)) for right in (True, False)] for method, login in logins.items()}


def by_browser(auth):
    """As a browser would that has been at the page of the stub, which gives this code."""
    answer = auth.oidc.oidc_authorization_url_request("dev", redirect_uri)
    asked = urllib.parse.parse_qs(urllib.parse.urlparse(answer["data"]["auth_url"]).query)
    [state], [nonce] = asked["state"], asked["nonce"]
    auth._adapter.token = auth.oidc.oidc_callback(state, nonce, "signed-in-" + nonce)["auth"]["client_token"]


found["oidc"] = [outcome(by_browser), outcome(lambda auth: auth.oidc.oidc_callback("st_unknown", "n", "c"))]

root = hvac.Client(url=url, verify=ca, token=os.environ["VAULT_TOKEN"])
root.sys.create_namespace("team")
found["namespaces"] = root.sys.list_namespaces()["data"]["keys"]
team = hvac.Client(url=url, verify=ca, token=os.environ["VAULT_TOKEN"], namespace="team")
team.sys.enable_secrets_engine("ssh", path="ssh")
team.write("ssh/config/ca", generate_signing_key=True, key_type="ed25519")
found["of_team"] = [team.read("ssh/config/ca")["data"]["public_key"].split(" ")[0], root.read("ssh/config/ca")]

print(json.dumps(found))
