"""The agent's pages: HTTP and JSON, on the management network alone."""

import http.server
import ipaddress
import json
import threading
import time
import urllib.parse

PORT = 8060
_BODY_BYTES_MAX = 4096
_REQUEST_SECONDS = 20
_REQUESTS_AT_ONCE_MAX = 32


class Refused(Exception):
    """The error for the client, with the status."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Pages:
    """One role (node, router or client) and its active faults."""

    def __init__(self, told, role):
        self._told, self._role = told, role
        self._faults = []
        self._lock = threading.Lock()  # One change at a time.

    def is_well(self):
        """All daemons run, and no fault is active."""
        return self._role.is_well() and not self._faults

    def _about(self):
        return {"name": self._told["name"], "kind": self._told["kind"],
                "faults": list(self._faults), "well": self._role.is_well()}

    def get(self, path):
        if path == "/agent":
            return self._about()
        if path == "/sessions" and hasattr(self._role, "sessions"):
            return self._role.sessions()
        if path == "/ask" and hasattr(self._role, "ask"):
            return self._role.ask()
        raise Refused(404, f"{self._told['kind']} {self._told['name']} has no page {path}")

    def post(self, path, query):
        with self._lock:
            at = time.time()
            if path == "/break":
                return {**self._break(query), "at": at}
            if path == "/heal":
                if self._role.faults_known:
                    self._role.mend()
                self._faults = []
                return {**self._about(), "at": at}
            if path in ("/drain", "/undrain") and hasattr(self._role, "drain"):
                return {**self._role.drain(path[1:]), **self._about(), "at": at}
        raise Refused(404, f"{self._told['kind']} {self._told['name']} has no verb {path}")

    def _break(self, query):
        fault = query.get("fault", [""])[0]
        if fault not in self._role.faults_known:
            known = ", ".join(self._role.faults_known) or "none"
            raise Refused(400, f"no fault '{fault}' for a {self._told['kind']}; available: {known}")
        if fault not in self._faults:
            self._role.make(fault)
            self._faults.append(fault)
        return self._about()


def _is_address(host):
    """A Host header's value that is an IP address, with or without a port."""
    try:
        ipaddress.ip_address(urllib.parse.urlsplit(f"//{host}").hostname or "")
        return "@" not in host
    except ValueError:
        return False


def _check_asker(headers):
    """A foreign page whose name now points here (DNS rebinding) may set all headers but these two,
    which the browser sets: Host still has that name, and Origin the page's origin."""
    hosts = headers.get_all("Host") or []
    if len(hosts) != 1 or not _is_address(hosts[0]):
        raise Refused(403, "the header \"Host\" must be this agent's IP address")
    if "Origin" in headers:
        raise Refused(403, "browser pages may not query an agent")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    timeout = _REQUEST_SECONDS
    pages = None

    def _answer(self, make):
        try:
            _check_asker(self.headers)
            status, value = 200, make()
        except Refused as refused:
            status, value = refused.status, {"error": str(refused)}
        except Exception as error:  # The client must see a fault that could not be made.
            status, value = 500, {"error": str(error)}
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self._answer(lambda: self.pages.get(urllib.parse.urlsplit(self.path).path))

    def do_POST(self):
        self._answer(self._post)

    def _post(self):
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > _BODY_BYTES_MAX:
            raise Refused(413, f"a body has at most {_BODY_BYTES_MAX} octets, and none is needed")
        self.rfile.read(int(length))
        # A foreign page cannot send this header without a preflight request.
        if self.headers.get("X-Hither") != "1":
            raise Refused(403, "the header \"X-Hither: 1\" is missing")
        parts = urllib.parse.urlsplit(self.path)
        return self.pages.post(parts.path, urllib.parse.parse_qs(parts.query, max_num_fields=8))

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, *arguments):
        self._free = threading.BoundedSemaphore(_REQUESTS_AT_ONCE_MAX)
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        if not self._free.acquire(timeout=1):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


def serve(address, pages):
    """Serves in its own thread; returns the server, to be shut down."""
    handler = type("Handler", (_Handler,), {"pages": pages})
    server = _Server((address, PORT), handler)
    threading.Thread(target=server.serve_forever, name="pages", daemon=True).start()
    return server
