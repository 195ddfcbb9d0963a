"""What goes wrong at the places that are uploaded to, each in a line: libraries say it in words of their own."""

from __future__ import annotations

import errno
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from config.errors import reason_of
from config.redact import masked
from feeds.files import PublishError

_BUCKETS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "r2"})
_HOSTS = frozenset({"ftp", "ftps", "sftp", "ssh", "smb", "webdav", "webdavs", "hdfs"})
_READ_ONLY = frozenset({"http", "https", "github", "data", "reference"})
_AGAIN = "publish again: it goes on from there"
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the files of the AWS tools (AWS_PROFILE)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "ftp": "the user name and password, as in ftp://user:password@host/folder",
}
_KIN = {"s3a": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "adl": "az", "ftps": "ftp"}
# What services answer (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) and what libraries call it.
_NAMES = {
    "missing": {"NoSuchBucket", "InvalidBucketName", "ContainerNotFound"},
    "credentials": {
        "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "InvalidClientTokenId", "401",
        "NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "ClientAuthenticationError",
        "DefaultCredentialsError", "RefreshError", "CredentialRetrievalError",
    },
    "rights": {"AccessDenied", "AllAccessDisabled", "AuthorizationFailure", "403", "PermissionError"},
    "region": {
        "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301", "400",
        "InvalidRegionError", "NoRegionError",
    },
    "clock": {"RequestTimeTooSkewed"},
    "away": {
        "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError", "gaierror",
        "ServiceRequestError", "ServerTimeoutError", "TimeoutError", "ConnectionRefusedError", "ConnectionResetError",
        "ClientConnectorError", "NameResolutionError", "503", "SlowDown", "ServiceUnavailable", "InternalError",
    },
}  # fmt: skip


class PlaceError(PublishError):
    """A place cannot be reached, or does not take what it is given."""

    def __init__(self, target: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(masked(target), reason, remedy)


def check_form(target: str) -> None:
    """See that an address could be that of a place, before anything is asked there. Raises PlaceError."""
    scheme, _, rest = target.rpartition("::")[2].partition("://")
    if scheme in _READ_ONLY:
        raise PlaceError(target, "can only be read", "name a place that takes files, such as s3://bucket/path")
    if scheme in _BUCKETS and not rest.partition("/")[0]:
        raise PlaceError(target, "names no bucket", f"write {scheme}://bucket/path")
    if scheme in _HOSTS and not _host(target):
        raise PlaceError(target, "names no host", f"write {scheme}://host/folder")


@contextmanager
def explained(target: str) -> Generator[None, None, None]:
    """Turn whatever a place's library raises into a PlaceError of one line."""
    try:
        yield
    except PublishError:
        raise
    except Exception as error:  # each library has errors of its own, which share no other class
        raise PlaceError(target, *_told(target, error)) from error


def _host(target: str) -> str | None:
    try:
        return urlsplit(target.rpartition("::")[2]).hostname
    except ValueError:
        return None


def _told(target: str, error: Exception) -> tuple[str, str]:
    """What is wrong, and what helps."""
    scheme = target.rpartition("::")[2].partition("://")[0]
    scheme = _KIN.get(scheme, scheme)
    names = {name for one in _chain(error) for name in _names(one)}
    where = _CREDENTIALS.get(scheme, "its user name and password")
    match next((fault for fault, known in _NAMES.items() if names & known), ""):
        case "missing":
            return "does not exist: there is no bucket of that name", "make the bucket, or correct its name"
        case "credentials":
            return "does not know who asks: credentials are missing or wrong", f"set or correct {where}"
        case "rights":
            reason = "may not be written to with these credentials"
            return reason, f"give them the right to list, write and delete there, or set others: {where}"
        case "region":
            return "is in another region, or the region is none", "set AWS_DEFAULT_REGION to that of the bucket"
        case "clock":
            return "finds that this machine's clock is wrong", "set it right, and publish again"
        case "away":
            endpoint = " and AWS_ENDPOINT_URL" if scheme == "s3" else ""
            return f"cannot be reached ({_said(error)})", f"check its name{endpoint} and the network, and {_AGAIN}"
    return f"cannot be written ({_said(error)})", f"check its address, its rights and the network, and {_AGAIN}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _names(error: BaseException) -> Iterator[str]:
    """What an error goes by: its class, the code in an answer of AWS or Azure, an HTTP status, a reply of FTP."""
    yield type(error).__name__
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        yield str(answer.get("Error", {}).get("Code", ""))
    for name in ("error_code", "code", "status"):
        if isinstance(said := getattr(error, name, None), (str, int)):
            yield str(said)
    if type(error).__name__ == "error_perm":  # ftplib's: three digits, and words
        yield {"530": "401", "550": "403", "553": "403"}.get(str(error)[:3], "")
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        yield "gaierror"


def _said(error: Exception) -> str:
    """The words of an error, on a line; of what the system said where it came of that."""
    system = next((one for one in _chain(error) if isinstance(one, OSError) and one.errno and one.strerror), None)
    words = reason_of(system) if system else str(error)
    return masked(" ".join(words.split())[:200]) or type(error).__name__
