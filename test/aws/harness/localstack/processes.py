"""Runs functions as processes of this machine: one per execution environment, which requests invocations over Lambda's Runtime API.

1. An environment has one process and one invocation at a time; LocalStack ensures the second.
2. A process that exits during an invocation, or is killed at the function's time limit, fails that invocation. The next invocation starts a new process.
3. The processes belong to the server's process group and are killed with it.
"""

import json
import os
import queue
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

NODE = os.environ["FUNCTIONS_NODE"]
BOOTSTRAP = os.environ["FUNCTIONS_BOOTSTRAP"]
LOOPBACK = "127.0.0.1"


@dataclass
class Process:
    """The messages of one process. Each process has its own queues, so that late messages of a killed process are ignored."""

    child: subprocess.Popen
    work: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)
    # ready | (init error, payload) | (response or error, payload) | exited
    messages: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)
    lines: list = field(default_factory=list)


class RuntimeApi(BaseHTTPRequestHandler):
    """Lambda's Runtime API. The first part of the path is the environment's id and the number of its process."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    processes: dict = {}

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in (*headers, ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def process(self):
        return self.processes.get(self.path.split("/")[1])

    def do_GET(self):
        if (process := self.process) is None:
            return self.answer(403)
        process.messages.put(("ready", b""))
        if (work := process.work.get()) is None:
            return self.answer(403)
        headers, payload = work
        return self.answer(200, payload, headers)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if (process := self.process) is None:
            return self.answer(403)
        # /<process>/2018-06-01/runtime/init/error or …/invocation/<request>/response
        *_, first, last = self.path.split("/")
        process.messages.put((f"init {last}" if first == "init" else last, body))
        return self.answer(202, b'{"status":"OK"}')


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


api = Server((LOOPBACK, 0), RuntimeApi)
threading.Thread(target=api.serve_forever, daemon=True).start()


class ProcessExecutor(RuntimeExecutor):
    def __init__(self, id, function_version):
        super().__init__(id, function_version)
        self.process = None
        self.process_count = 0
        self.variables = {}
        self.stopped = False

    def start(self, env_vars):
        self.variables = {name: str(value) for name, value in env_vars.items()}
        self.start_process()

    def start_process(self):
        folder = str(self.function_version.config.code.get_unzipped_code_location())
        self.process_count += 1
        name = f"{self.id}.{self.process_count}"
        own = {"LAMBDA_TASK_ROOT": folder, "AWS_LAMBDA_RUNTIME_API": f"{LOOPBACK}:{api.server_address[1]}/{name}"}
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TMPDIR": os.environ["TMPDIR"], **self.variables, **own}
        heap = f"--max-old-space-size={int(self.function_version.config.memory_size * 0.9)}"
        child = subprocess.Popen([NODE, heap, BOOTSTRAP], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.process = process = RuntimeApi.processes[name] = Process(child)
        threading.Thread(target=self.follow, args=(name, process), daemon=True).start()
        kind, body = process.messages.get()
        if kind != "ready":
            raise StatusErrorException("the function did not start", payload=body or self.exit_error(process))

    def follow(self, name, process):
        for line in process.child.stdout:
            process.lines.append(line.decode(errors="replace"))
        process.child.wait()
        RuntimeApi.processes.pop(name, None)
        process.work.put(None)
        process.messages.put(("exited", b""))

    def invoke(self, payload):
        request = payload["invoke-id"]
        if self.process.child.poll() is not None and not self.stopped:
            self.start_process()
        process, limit, started_at = self.process, self.function_version.config.timeout, time.time()
        previous_lines = len(process.lines)
        headers = (
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", request),
            ("lambda-runtime-deadline-ms", str(int((started_at + limit) * 1000))),
            ("lambda-runtime-invoked-function-arn", payload["invoked-function-arn"]),
            ("lambda-runtime-trace-id", payload["trace-id"]),
        )
        process.work.put((headers, payload["payload"].encode()))
        kind, body = self.answer_of(process, limit, request)
        milliseconds = (time.time() - started_at) * 1000
        end = json.dumps({"end": request}, separators=(",", ":"))
        output = "".join(line for line in process.lines[previous_lines:] if line.strip() != end)
        report = f"END RequestId: {request}\nREPORT RequestId: {request}\tDuration: {milliseconds:.2f} ms\n"
        return InvocationResult(request, body, is_error=kind != "response", logs=f"START RequestId: {request} Version: $LATEST\n{output}{report}")

    def answer_of(self, process, limit, request):
        deadline = time.monotonic() + limit
        while True:
            try:
                kind, body = process.messages.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                process.child.kill()
                message = f"RequestId: {request} Error: Task timed out after {limit:.2f} seconds"
                return "error", json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message}).encode()
            if kind == "exited":
                return "error", self.exit_error(process)
            # The process requests its next invocation as soon as it has answered.
            if kind != "ready":
                return kind, body

    def exit_error(self, process):
        output = "".join(process.lines)[-2000:]
        return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": f"Runtime exited with {process.child.poll()}: {output}"}).encode()

    def stop(self):
        self.stopped = True
        if self.process is not None:
            self.process.child.kill()

    def get_address(self):
        return LOOPBACK

    def get_endpoint_from_executor(self):
        return LOOPBACK

    def get_runtime_endpoint(self):
        return f"http://{LOOPBACK}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    def get_logs(self):
        return "" if self.process is None else "".join(self.process.lines)

    @classmethod
    def prepare_version(cls, function_version):
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        pass
