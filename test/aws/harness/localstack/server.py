"""LocalStack without a container: on loopback, with Lambda in local processes and DynamoDB Local in another process.

It exits when its standard input is closed, so that a killed test process leaves nothing behind.
This program sets what LocalStack has no settings for: the address of the gateway, the executor of functions, and the start of DynamoDB Local.
"""

import os
import subprocess
import sys
import threading


def follow_parent():
    sys.stdin.buffer.read()
    os.killpg(0, 9)


def bind_loopback_only():
    from twisted.internet import endpoints

    class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
        def __init__(self, reactor, port, backlog=50, interface=""):
            super().__init__(reactor, port, backlog, interface or "127.0.0.1")

    endpoints.TCP4ServerEndpoint = LoopbackEndpoint


def run_functions_in_processes():
    from localstack.services.lambda_.invocation import runtime_executor
    from processes import ProcessExecutor

    class Executors:
        """Replaces the plugin manager, whose only plugin is Docker."""

        def exists(self, name):
            return True

        def load(self, name):
            return self._Loaded

        class _Loaded:
            @staticmethod
            def load():
                return ProcessExecutor

    runtime_executor.EXECUTOR_PLUGIN_MANAGER = Executors()


def start_dynamodb_from_npm():
    from localstack.services.dynamodb.server import DynamodbServer
    from localstack.utils.threads import FuncThread

    launcher = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dynamodb.py")

    def do_start_thread(server):
        child = subprocess.Popen([sys.executable, launcher, "-port", str(server.port), "-inMemory"], stdin=subprocess.DEVNULL)
        thread = FuncThread(lambda _: child.wait(), on_stop=lambda _: child.kill(), name="dynamodb-local")
        thread.start()
        return thread

    DynamodbServer.do_start_thread = do_start_thread


threading.Thread(target=follow_parent, daemon=True).start()
bind_loopback_only()
run_functions_in_processes()
start_dynamodb_from_npm()

from localstack.runtime.main import main  # noqa: E402

main()
