"""Google's store in memory: its XML API is that of S3 but for the signatures, which are checked here as Google describes them.

https://cloud.google.com/storage/docs/access-control/signed-urls, verified with the cryptography package.
"""

import datetime
import hashlib
import json
import time
import urllib.parse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from s3_server import TIME, Refusal, S3Server


class GoogleServer(S3Server):
    metadata_paths = ("/computeMetadata/",)

    def __init__(self, page=1000):
        super().__init__(page=page)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.email = "reader@project.iam.gserviceaccount.com"
        self.token = None  # () -> (token, seconds) of the machine's metadata service
        self.tokens = set()  # those that are good

    @staticmethod
    def pem_of(key):
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption()).decode()

    def service_account(self, key=None):
        """The JSON file of its key."""
        return json.dumps({"type": "service_account", "project_id": "project", "private_key_id": "1",
                           "private_key": self.pem_of(key or self.key), "client_email": self.email})

    def environment(self, credentials=""):
        return {"STORAGE_EMULATOR_HOST": self.url, "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
                "GCE_METADATA_HOST": self.url.removeprefix("http://"), "CLOUDSDK_CONFIG": "/nowhere",
                "no_proxy": "127.0.0.1"}

    def check_signature(self, request, bucket, query):
        authorization = request.headers.get("Authorization")
        if authorization is not None:
            if authorization.removeprefix("Bearer ") not in self.tokens:
                raise Refusal(401, "AuthenticationRequired")
            return
        if "X-Goog-Signature" not in query:
            if bucket in self.public and request.command == "GET":
                return
            raise Refusal(403, "AccessDenied")
        email, day, *place = query["X-Goog-Credential"].split("/")
        if email != self.email or place != ["auto", "storage", "goog4_request"]:
            raise Refusal(403, "AccessDenied")
        signed = datetime.datetime.strptime(query["X-Goog-Date"] + "+0000", TIME + "%z").timestamp()
        if abs(time.time() - signed) > int(query["X-Goog-Expires"]):
            raise Refusal(400, "ExpiredToken")
        path, _, text = request.path.partition("?")
        parameters = sorted(part for part in text.split("&") if not part.startswith("X-Goog-Signature="))
        for part in parameters:  # encoded as it must be, or Google would come to another text
            name, _, value = part.partition("=")
            for side in (name, value):
                assert urllib.parse.quote(urllib.parse.unquote(side), safe="-_.~") == side, part
        canonical = "\n".join([request.command, path, "&".join(parameters), f"host:{request.headers['Host']}", "", "host",
                               "UNSIGNED-PAYLOAD"])
        to_sign = "\n".join(["GOOG4-RSA-SHA256", query["X-Goog-Date"], "/".join([day, *place]),
                             hashlib.sha256(canonical.encode()).hexdigest()])
        try:
            self.key.public_key().verify(bytes.fromhex(query["X-Goog-Signature"]), to_sign.encode(),
                                         padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise Refusal(403, "SignatureDoesNotMatch") from None

    def handle_metadata(self, request, path):
        """The metadata service of a virtual machine."""
        content = b""
        wanted = path == "/computeMetadata/v1/instance/service-accounts/default/token"
        if self.token and wanted and request.headers.get("Metadata-Flavor") == "Google":
            token, seconds = self.token()
            content = json.dumps({"access_token": token, "expires_in": seconds, "token_type": "Bearer"}).encode()
        request.send_response(200 if content else 404)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
