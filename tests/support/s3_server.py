"""An S3 service in memory: listings, objects and signed addresses as S3 has them, and its faults when a test asks for them.

Signatures are computed by botocore, Amazon's own library, and not by anything of ours.
"""

import datetime
import http.server
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TIME = "%Y%m%dT%H%M%SZ"


class Refusal(Exception):
    def __init__(self, status, code, extra="", headers=None):
        super().__init__(code)
        self.status, self.code, self.extra, self.headers = status, code, extra, headers or {}


class S3Server:
    """`buckets` maps names to {key: bytes}. `before(method, bucket, key, query)` is called before each answer: it may
    raise a Refusal, or return "truncate" or "hang up"."""

    def __init__(self, region="eu-central-1", page=1000):
        self.region, self.page = region, page
        self.buckets = {}
        self.keys = {"AKIATEST": ("secret", "", None)}  # id: secret, session token, unix time of expiry
        self.public = set()  # buckets that anybody may read
        self.encryption = None  # ("aws:kms", the key) that everything that is put has to ask for
        self.before = None
        self.requests = []  # (method, bucket, key)
        self.role = None  # () -> credentials document, of the machine's metadata service
        self.roles = {}  # (ARN, external id): seconds that its credentials are good for
        self.taken = []  # (ARN, id of the key that it was taken with)
        self.lock = threading.Lock()

    def __enter__(self):
        s3 = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                s3.handle(self, self.rfile.read(length))

            do_GET = do_POST = do_PUT = do_DELETE = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def environment(self, key_id="AKIATEST"):
        """What tells pretag, and the AWS tools, of this service."""
        secret, token, _ = self.keys[key_id]
        return {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": self.region, "AWS_ACCESS_KEY_ID": key_id,
                "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "no_proxy": "127.0.0.1"}

    def add_folder(self, bucket, folder, prefix=""):
        """Puts the files below a folder into a bucket."""
        objects = self.buckets.setdefault(bucket, {})
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                objects[prefix + path.relative_to(folder).as_posix()] = path.read_bytes()

    # The answers.

    def handle(self, request, body):
        parts = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        if parts.path.startswith(self.metadata_paths):
            return self.handle_metadata(request, parts.path)
        if query.get("Action") == "AssumeRole":
            return self.handle_role(request, query)
        _, bucket, *key = self.path_in_service(urllib.parse.unquote(parts.path)).split("/", 2)
        key = key[0] if key else ""
        with self.lock:
            self.requests.append((request.command, bucket, key))
        fault = None
        try:
            if self.before:
                fault = self.before(request.command, bucket, key, query)
            self.check_signature(request, bucket, query)
            if bucket not in self.buckets:
                raise Refusal(404, self.no_bucket)
            status, headers, content = self.perform(request, self.buckets[bucket], key, query, body)
        except Refusal as refusal:
            content = (f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{refusal.code}</Code>'
                       f"<Message>Refused</Message>{refusal.extra}</Error>").encode()
            status, headers = refusal.status, refusal.headers
        if fault == "hang up":
            request.close_connection = True
            return request.connection.close()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if fault == "truncate":
            request.wfile.write(content[:len(content) // 2])
            request.close_connection = True
            return None
        request.wfile.write(content)
        return None

    @staticmethod
    def path_in_service(path):
        return path

    def perform(self, request, objects, key, query, body):
        if not key:
            return 200, {"Content-Type": "application/xml"}, self.listing(objects, query)
        if request.command == "PUT":
            if self.encryption and (request.headers.get("x-amz-server-side-encryption"),
                                    request.headers.get("x-amz-server-side-encryption-aws-kms-key-id")) != self.encryption:
                raise Refusal(403, "AccessDenied")  # as a bucket's policy may have it
            objects[key] = body
            return 200, {}, b""
        if request.command == "DELETE":
            objects.pop(key, None)
            return 204, {}, b""
        if key not in objects:
            raise Refusal(404, self.no_key)
        content = objects[key]
        wanted = request.headers.get("Range")
        if not wanted:
            return 200, {}, content
        first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
        if first >= len(content):
            raise Refusal(416, "InvalidRange")
        part = content[first:last + 1]
        return 206, {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"}, part

    def listing(self, objects, query):
        """ListObjectsV2."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        most = min(int(query.get("max-keys", 1000)), self.page)
        after = urllib.parse.unquote(query.get("continuation-token", ""))
        encode = urllib.parse.quote_plus if query.get("encoding-type") == "url" else escape
        keys, prefixes, last, more = [], [], "", False
        for key in sorted(objects, key=lambda key: key.encode()):
            if not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key[:cut + len(delimiter)] if cut >= 0 else key
            if name.encode() <= after.encode() or (prefixes and name == prefixes[-1]):
                continue
            if len(keys) + len(prefixes) == most:
                more = True
                break
            (prefixes if cut >= 0 else keys).append(name)
            last = name
        xml = ['<?xml version="1.0" encoding="UTF-8"?>',
               '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
               f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(keys) + len(prefixes)}</KeyCount>"]
        if query.get("encoding-type") == "url":
            xml.append("<EncodingType>url</EncodingType>")
        if more:
            xml.append(f"<NextContinuationToken>{escape(urllib.parse.quote(last))}</NextContinuationToken>")
        xml += [f"<Contents><Key>{encode(key)}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>"
                f"<Size>{len(objects[key])}</Size></Contents>" for key in keys]
        xml += [f"<CommonPrefixes><Prefix>{encode(name)}</Prefix></CommonPrefixes>" for name in prefixes]
        return "".join([*xml, "</ListBucketResult>"]).encode()

    def check_signature(self, request, bucket, query):
        if "X-Amz-Signature" not in query:
            if bucket in self.public and request.command == "GET":
                return
            raise Refusal(403, "AccessDenied")
        key_id, _, region, _, _ = query["X-Amz-Credential"].split("/")
        if region != self.region:
            raise Refusal(400, "AuthorizationHeaderMalformed", f"<Region>{self.region}</Region>")
        if key_id not in self.keys:
            raise Refusal(403, "InvalidAccessKeyId")
        secret, token, expires = self.keys[key_id]
        now = time.time()
        signed = datetime.datetime.strptime(query["X-Amz-Date"] + "+0000", TIME + "%z").timestamp()
        if abs(now - signed) > int(query["X-Amz-Expires"]):
            raise Refusal(403, "AccessDenied")
        if expires is not None and now > expires:
            raise Refusal(400, "ExpiredToken")
        if query.get("X-Amz-Security-Token", "") != token:
            raise Refusal(403, "InvalidToken")
        unsigned = request.path.replace("&X-Amz-Signature=" + query["X-Amz-Signature"], "")
        original = AWSRequest(request.command, f"http://{request.headers['Host']}{unsigned}")
        original.context["timestamp"] = query["X-Amz-Date"]
        names = query["X-Amz-SignedHeaders"].split(";")
        if any(name.lower().startswith("x-amz-") and name.lower() not in names for name in request.headers):
            raise Refusal(403, "AccessDenied")  # there were headers present in the request which were not signed
        for name in names:
            if name != "host":
                original.headers[name] = request.headers[name]
        auth = S3SigV4QueryAuth(Credentials(key_id, secret), "s3", region)
        text = auth.string_to_sign(original, auth.canonical_request(original))
        if auth.signature(text, original) != query["X-Amz-Signature"]:
            raise Refusal(403, "SignatureDoesNotMatch")

    def handle_role(self, request, query):
        """The security token service."""
        key_id, _, region, service, _ = query["X-Amz-Credential"].split("/")
        unsigned = request.path.replace("&X-Amz-Signature=" + query["X-Amz-Signature"], "")
        original = AWSRequest(request.command, f"http://{request.headers['Host']}{unsigned}")
        original.context["timestamp"] = query["X-Amz-Date"]
        auth = SigV4QueryAuth(Credentials(key_id, self.keys.get(key_id, ("",))[0]), "sts", region)
        text = auth.string_to_sign(original, auth.canonical_request(original))
        seconds = self.roles.get((query["RoleArn"], query.get("ExternalId", "")))
        if key_id not in self.keys or auth.signature(text, original) != query["X-Amz-Signature"]:
            status, content = 403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>"
        elif seconds is None:
            status, content = 403, ("<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: "
                                    "sts:AssumeRole</Message></Error></ErrorResponse>")
        else:
            self.taken.append((query["RoleArn"], key_id))
            new, expires = f"ASIA{len(self.taken)}", time.time() + seconds
            self.keys[new] = ("secret of the role", "token of the role", expires)
            until = datetime.datetime.fromtimestamp(expires, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            status, content = 200, (
                f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{new}</AccessKeyId><SecretAccessKey>"
                f"secret of the role</SecretAccessKey><SessionToken>token of the role</SessionToken><Expiration>{until}"
                "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
        content = content.encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    metadata_paths = ("/latest/",)
    no_bucket, no_key = "NoSuchBucket", "NoSuchKey"

    def handle_metadata(self, request, path):
        """The metadata service of a virtual machine, IMDSv2."""
        content = None
        if self.role and path == "/latest/api/token" and request.command == "PUT":
            content = "metadata-token"
        elif self.role and request.headers.get("X-aws-ec2-metadata-token") == "metadata-token":
            folder = "/latest/meta-data/iam/security-credentials/"
            content = {folder: "reader", folder + "reader": self.role()}.get(path)
        content = (content or "").encode()
        request.send_response(200 if content else 404)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
