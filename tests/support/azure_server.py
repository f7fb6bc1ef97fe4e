"""Azure's blob service in memory: List Blobs, and signatures as Azure describes those of a service SAS.

https://learn.microsoft.com/rest/api/storageservices/create-service-sas, version 2020-12-06 and later. It also hands out tokens, as the
metadata service of a machine with an identity, and as Microsoft Entra to a workload with one.
"""

import base64
import datetime
import email.utils
import hashlib
import hmac
import json
import os
import time
import urllib.parse
from xml.sax.saxutils import escape

from s3_server import Refusal, S3Server

ACCOUNT, CLIENT, TENANT = "account1", "client-1", "tenant-1"
RESOURCE = "https://storage.azure.com/"


class AzureServer(S3Server):
    no_bucket, no_key = "ContainerNotFound", "BlobNotFound"
    metadata_paths = ("/metadata/identity/",)

    def __init__(self, page=1000):
        super().__init__(page=page)
        self.key = base64.b64encode(os.urandom(64)).decode()
        self.permissions_used = set()
        self.empty_pages = False  # whether a listing begins with a page without entries, as Azure's may
        self.token = None  # () -> (token, seconds) of the machine's or the workload's identity
        self.tokens = set()  # those that are good
        self.workload_token = ""  # that Kubernetes has given it

    @property
    def endpoint(self):
        return f"{self.url}/{ACCOUNT}"

    def environment(self):
        return {"AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": self.endpoint,
                "AZURE_STORAGE_KEY": self.key, "AZURE_STORAGE_CONNECTION_STRING": "", "no_proxy": "127.0.0.1"}

    def identity_environment(self):
        """Of a machine that has an identity."""
        return {**self.environment(), "AZURE_STORAGE_KEY": "", "AZURE_POD_IDENTITY_AUTHORITY_HOST": self.url, "AZURE_CLIENT_ID": ""}

    def workload_environment(self, token_file):
        return {**self.environment(), "AZURE_STORAGE_KEY": "", "AZURE_AUTHORITY_HOST": self.url + "/", "AZURE_TENANT_ID": TENANT,
                "AZURE_CLIENT_ID": CLIENT, "AZURE_FEDERATED_TOKEN_FILE": str(token_file)}

    def sas(self, container, permissions="rl", seconds=3600):
        """One for a container, as users make them."""
        values = {"sv": "2022-11-02", "sr": "c", "sp": permissions,
                  "se": datetime.datetime.fromtimestamp(time.time() + seconds, datetime.timezone.utc).strftime(
                      "%Y-%m-%dT%H:%M:%SZ")}
        return urllib.parse.urlencode({**values, "sig": self.signature(values, f"/blob/{ACCOUNT}/{container}")})

    def signature(self, query, resource):
        fields = [query.get("sp", ""), query.get("st", ""), query.get("se", ""), resource, query.get("si", ""),
                  query.get("sip", ""), query.get("spr", ""), query.get("sv", ""), query.get("sr", ""), "",
                  query.get("ses", ""), "", "", "", "", ""]
        digest = hmac.new(base64.b64decode(self.key), "\n".join(fields).encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    @staticmethod
    def path_in_service(path):
        return path.removeprefix(f"/{ACCOUNT}")

    def handle(self, request, body):
        if request.path == f"/{TENANT}/oauth2/v2.0/token":
            return self.handle_entra(request, dict(urllib.parse.parse_qsl(body.decode())))
        return super().handle(request, body)

    def handle_entra(self, request, form):
        expected = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": RESOURCE + ".default",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": self.workload_token}
        if form != expected:
            return self.answer_with(request, 400, {"error": "invalid_client", "error_description": "AADSTS700016"})
        token, seconds = self.token()
        return self.answer_with(request, 200, {"token_type": "Bearer", "expires_in": seconds, "access_token": token})

    def handle_metadata(self, request, path):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        asked = (path, query.get("resource"), query.get("api-version"), request.headers.get("Metadata"))
        if self.token and asked == ("/metadata/identity/oauth2/token", [RESOURCE], ["2018-02-01"], "true"):
            token, seconds = self.token()
            return self.answer_with(request, 200, {"access_token": token, "expires_in": str(seconds), "resource": RESOURCE})
        return self.answer_with(request, 400, {"error": "invalid_request", "error_description": "Identity not found"})

    @staticmethod
    def answer_with(request, status, content):
        data = json.dumps(content).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def check_signature(self, request, bucket, query):
        authorization = request.headers.get("Authorization")
        if authorization is not None:
            assert request.headers["x-ms-version"] >= "2017-11-09" and email.utils.parsedate(request.headers["x-ms-date"])
            if authorization.removeprefix("Bearer ") not in self.tokens:
                raise Refusal(401, "InvalidAuthenticationInfo")
            return
        path = urllib.parse.unquote(request.path.partition("?")[0])
        key = self.path_in_service(path).removeprefix(f"/{bucket}").removeprefix("/")
        if "sig" not in query:
            if bucket in self.public and request.command == "GET":
                return
            raise Refusal(404, "ResourceNotFound")
        kind = query["sr"]
        resource = f"/blob/{ACCOUNT}/{bucket}" + (f"/{key}" if kind == "b" else "")
        if self.signature(query, resource) != query["sig"]:
            raise Refusal(403, "AuthenticationFailed")
        expiry = datetime.datetime.strptime(query["se"] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z").timestamp()
        if time.time() > expiry:
            raise Refusal(403, "AuthenticationFailed")
        needed = {"GET": "r" if key else "l", "PUT": "w", "DELETE": "d"}[request.command]
        if needed not in query["sp"]:
            raise Refusal(403, "AuthorizationPermissionMismatch")
        self.permissions_used.add(query["sp"])

    def perform(self, request, objects, key, query, body):
        if not key and (query.get("restype"), query.get("comp")) != ("container", "list"):
            raise Refusal(400, "InvalidQueryParameterValue")
        if request.command == "PUT" and request.headers.get("x-ms-blob-type") != "BlockBlob":
            raise Refusal(400, "MissingRequiredHeader")
        return super().perform(request, objects, key, query, body)

    def listing(self, objects, query):
        prefix, delimiter, after = query.get("prefix", ""), query.get("delimiter", ""), query.get("marker", "")
        most = min(int(query.get("maxresults", 5000)), self.page)
        if self.empty_pages and not after:
            return (b'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs/><NextMarker> </NextMarker>'
                    b"</EnumerationResults>")
        entries, last, next_marker = [], None, ""
        for key in sorted(objects, key=lambda key: key.encode()):
            if not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key[:cut + len(delimiter)] if cut >= 0 else key
            if name.encode() <= after.encode() or name == last:
                continue
            if len(entries) == most:
                next_marker = last
                break
            last = name
            shown = f"<Name>{escape(name)}</Name>"
            if any(ord(c) < 32 for c in name):
                shown = f'<Name Encoded="true">{urllib.parse.quote(name)}</Name>'
            modified = email.utils.formatdate(1767323045, usegmt=True)
            entries.append(f"<BlobPrefix>{shown}</BlobPrefix>" if cut >= 0 else
                           f"<Blob>{shown}<Properties><Last-Modified>{modified}</Last-Modified>"
                           f"<Content-Length>{len(objects[key])}</Content-Length></Properties></Blob>")
        return ('<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>' + "".join(entries) +
                f"</Blobs><NextMarker>{escape(next_marker)}</NextMarker></EnumerationResults>").encode()
