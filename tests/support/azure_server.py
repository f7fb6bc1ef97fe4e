"""Azure's blob service in memory: List Blobs, and signatures as Azure describes those of a service SAS.

https://learn.microsoft.com/rest/api/storageservices/create-service-sas, version 2020-12-06 and later.
"""

import base64
import datetime
import email.utils
import hashlib
import hmac
import os
import time
import urllib.parse
from xml.sax.saxutils import escape

from s3_server import Refusal, S3Server

ACCOUNT = "account1"


class AzureServer(S3Server):
    no_bucket, no_key = "ContainerNotFound", "BlobNotFound"

    def __init__(self, page=1000):
        super().__init__(page=page)
        self.key = base64.b64encode(os.urandom(64)).decode()
        self.permissions_used = set()
        self.empty_pages = False  # whether a listing begins with a page without entries, as Azure's may

    @property
    def endpoint(self):
        return f"{self.url}/{ACCOUNT}"

    def environment(self):
        return {"AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": self.endpoint,
                "AZURE_STORAGE_KEY": self.key, "AZURE_STORAGE_CONNECTION_STRING": "", "no_proxy": "127.0.0.1"}

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

    def check_signature(self, request, bucket, query):
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
